// The rights that the templates grant, and which of them were never used.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'

const list = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value])
// Functions like !Sub leave their argument: only names and actions count here.
const load = (path) => parse(readFileSync(path, 'utf8'), { logLevel: 'silent' })

const statements = (policy) => {
  const all = list(policy?.Statement).flatMap((statement) => (Array.isArray(statement) ? statement.slice(1) : [statement]))
  return all.filter((statement) => statement?.Effect === 'Allow')
}
const services = (statement) => list(statement.Principal?.Service).map(String)

// { template, resource, kind, action, principals } for each action that a policy allows.
export function grants(paths) {
  return paths.flatMap((path) => {
    const template = basename(path, '.yaml')
    return Object.entries(load(path).Resources).flatMap(([resource, { Type, Properties = {} }]) => {
      const of = (kind, policy) => statements(policy).flatMap((statement) => list(statement.Action).map((action) => ({ template, resource, kind, action, principals: services(statement) })))
      switch (Type) {
        case 'AWS::IAM::Role':
          return [...of('trust', Properties.AssumeRolePolicyDocument), ...list(Properties.Policies).flatMap((policy) => of('role', policy.PolicyDocument))]
        case 'AWS::IAM::ManagedPolicy':
          return of('policy', Properties.PolicyDocument)
        case 'AWS::EC2::VPCEndpoint':
          return of('endpoint', Properties.PolicyDocument)
        case 'AWS::SQS::QueuePolicy':
        case 'AWS::S3::BucketPolicy':
          return of('resource', Properties.PolicyDocument)
        case 'AWS::Logs::LogGroup':
          return of('resource', Properties.ResourcePolicyDocument)
        case 'AWS::Lambda::Permission':
          return [{ template, resource, kind: 'resource', action: Properties.Action, principals: [Properties.Principal] }]
        default:
          return []
      }
    })
  })
}

export const named = ({ template, resource, kind, action }) => `${template} ${resource} ${kind} ${action}`

const same = (one, other) => one.toLowerCase() === other.toLowerCase()

// Whether a decision used a grant.
export function uses(decision, grant) {
  if (!decision.allowed || !same(decision.action, grant.action)) return false
  const { stack = '', logical_id } = decision.made_by ?? {}
  const role = logical_id === grant.resource && stack.endsWith(`-${grant.template}`)
  switch (grant.kind) {
    case 'trust':
      return role && grant.principals.length > 0 && decision.action.startsWith('sts:')
    case 'role':
      return role
    // For those who run `outboxctl consume`.
    case 'policy':
      return decision.principal === 'operator'
    case 'endpoint':
      return Boolean(decision.endpoint_policy)
    default:
      return Boolean(decision.resource_policy) && grant.principals.some((principal) => same(principal, decision.principal))
  }
}

export const unused = (decisions, granted) => granted.filter((grant) => !decisions.some((decision) => uses(decision, grant)))
