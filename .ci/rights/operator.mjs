// Evaluates the calls of outboxctl itself by the policies that `outboxctl policy` prints for a deployer and an operator of the same
// stage and pipeline: the local stack's own key may do everything.
import { execFileSync } from 'node:child_process'
import { simulate } from './simulate.mjs'

const ROLES = ['deployer', 'operator']
// Several actions that the emulator knows by the name of the operation.
const OPERATIONS = { 'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessageBatch': 'sqs:DeleteMessage', 'sqs:SendMessageBatch': 'sqs:SendMessage' }
// The service authorization reference names another resource for these actions than the emulator.
const ANY = ['events:ListRules']
const RULES = ['events:PutTargets', 'events:RemoveTargets']
const BUSES = ['events:DescribeEventBus']
const LOG_STREAMS = ['logs:CreateLogStream', 'logs:PutLogEvents']
// On a consumer of a stream; the simulator can't choose between stream and consumer.
const TAGS = ['kinesis:ListTagsForResource']

const list = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value])

// AWS generates the name of a secret from its logical ID alone, the emulator from the stack and the logical ID.
const SECRET = /(:secret:)outboxctl-[^:]+-(Secret-[^:]+)$/

// Action and resource as IAM sees them.
export function asked({ action, resource }) {
  const name = OPERATIONS[action] ?? action
  if (ANY.includes(name)) return { action: name, resource: '*' }
  if (RULES.includes(name)) return { action: name, resource: resource.replace(/:event-bus\/(.+)$/, ':rule/$1/any') }
  if (BUSES.includes(name)) return { action: name, resource: resource.replace(':rule/default/', ':event-bus/') }
  if (LOG_STREAMS.includes(name) && !resource.includes(':log-stream:')) return { action: name, resource: `${resource}:log-stream:any` }
  if (TAGS.includes(name)) return { action: name, resource: resource.replace(/\/consumer\/.+$/, '') }
  return { action: name, resource: resource.replace(SECRET, '$1$2') }
}

// Stage and pipeline of a resource that outboxctl named; nothing for others.
export function place({ resource }) {
  const [, stage, pipeline] = /outboxctl-([a-z0-9-]+?)-((?:rds|dynamodb)-(?:kinesis|eventbridge|cdc))\b/.exec(resource) ?? []
  return stage && { stage, pipeline }
}

// The policies of every stage and pipeline in the records: [{ stage, pipeline, policies }].
export function printed(binary, decisions) {
  const places = new Map(decisions.filter(({ principal }) => principal === 'operator').map(place).filter(Boolean).map((one) => [`${one.stage}/${one.pipeline}`, one]))
  return [...places.values()].map(({ stage, pipeline }) => ({
    stage,
    pipeline,
    policies: ROLES.map((role) => JSON.parse(execFileSync(binary, ['policy', '--role', role, '--stage', stage, '--pipeline', pipeline], { encoding: 'utf8' }))),
  }))
}

// A finding for each call that no role may make. The policies have no rights on resources with other names, which users brought
// themselves: of those, the action must be in some policy.
export async function refusals(decisions, places) {
  const findings = new Set()
  for (const decision of decisions.filter(({ principal }) => principal === 'operator')) {
    const { action, resource } = asked(decision)
    const of = place(decision)
    const near = of ? places.filter(({ stage, pipeline }) => stage === of.stage && pipeline === of.pipeline) : places
    const policies = near.flatMap(({ policies }) => policies)
    const foreign = resource.startsWith('arn:') && !decision.resource.includes('outboxctl-')
    const allowed = foreign ? policies.some((policy) => names(policy, action)) : await some(policies, { ...decision, action, resource })
    if (!allowed) findings.add(`outboxctl calls ${action} on ${resource}, which neither role of \`outboxctl policy\` allows${of ? ` for ${of.pipeline} in stage ${of.stage}` : ''}`)
  }
  return [...findings]
}

const names = (policy, action) => list(policy.Statement).some((statement) => list(statement.Action).some((one) => one.toLowerCase() === action.toLowerCase()))

async function some(policies, decision) {
  const principal = `arn:aws:iam::${decision.account}:role/operator`
  // Conditions on tags and services are met by what outboxctl sends; the records have only what role policies name.
  const without = (policy) => ({ ...policy, Statement: list(policy.Statement).map(({ Condition, ...rest }) => rest) })
  for (const policy of policies) {
    if ((await simulate({ ...decision, principal, identity: [without(policy)], resource_policy: null, endpoint_policy: null })) === 'Allowed') return true
  }
  return false
}
