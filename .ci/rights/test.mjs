// The comparison finds planted faults: without these tests, agreement could mean that nothing is compared.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { calls, grants, named, unlisted, unused } from './grants.mjs'
import { distinct } from './records.mjs'
import { disagreements } from './simulate.mjs'

const stream = 'arn:aws:kinesis:us-east-1:000000000000:stream/s'
const allow = (action, resource, more = {}) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource, ...more }] })
const decision = (given = {}) => ({
  principal: 'arn:aws:sts::000000000000:assumed-role/r/s', made_by: { stack: 'outboxctl-dev-p-functions', logical_id: 'PublisherRole' }, action: 'kinesis:PutRecords',
  resource: stream, allowed: true, account: '000000000000', context: {}, identity: [allow('kinesis:PutRecords', stream)], resource_policy: null, endpoint_policy: null, ...given,
})

test('a right that a role has agrees', async () => {
  assert.deepEqual(await disagreements([decision()]), [])
  assert.deepEqual(await disagreements([decision({ allowed: false, identity: [] })]), [])
})

test('an allowed call without the right is found', async () => {
  for (const identity of [[], [allow('kinesis:PutRecord', stream)], [allow('kinesis:PutRecords', `${stream}2`)], [allow('kinesis:PutRecords', stream, { Condition: { StringEquals: { 'aws:SourceAccount': '1' } } })]]) {
    const [finding, ...more] = await disagreements([decision({ identity })])
    assert.match(finding, /kinesis:PutRecords on .*allowed locally, ImplicitlyDenied/)
    assert.equal(more.length, 0)
  }
})

test('a denied call that the role may make is found', async () => {
  assert.match((await disagreements([decision({ allowed: false })]))[0], /denied locally, Allowed/)
})

test('an endpoint policy counts', async () => {
  const endpoint_policy = allow('kinesis:GetRecords', stream, { Principal: '*' })
  assert.match((await disagreements([decision({ endpoint_policy })]))[0], /allowed locally, ImplicitlyDenied/)
})

test('a service needs its principal and its source', async () => {
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'dms.amazonaws.com' }, Action: 'sts:AssumeRole', Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } } }] }
  const assumed = { principal: 'dms.amazonaws.com', action: 'sts:AssumeRole', resource: 'arn:aws:iam::000000000000:role/r', identity: [], resource_policy: trust, context: { 'aws:sourceaccount': '000000000000' } }
  assert.deepEqual(await disagreements([decision(assumed)]), [])
  assert.equal((await disagreements([decision({ ...assumed, context: {} })])).length, 1)
  assert.equal((await disagreements([decision({ ...assumed, principal: 'lambda.amazonaws.com' })])).length, 1)
})

test('an action that IAM does not know is found', async () => {
  assert.match((await disagreements([decision({ action: 'kinesis:PutEverything' })]))[0], /error/)
})

test('what was never used is named', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'rights-')), 'functions.yaml')
  writeFileSync(path, `
Resources:
  PublisherRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyDocument: {Statement: [{Effect: Allow, Action: [kinesis:PutRecords, kinesis:GetRecords], Resource: !Ref Stream}]}
`)
  const left = unused([decision()], grants([path])).map(named)
  assert.deepEqual(left, ['functions PublisherRole trust sts:AssumeRole', 'functions PublisherRole role kinesis:GetRecords'])
})

test('a call of outboxctl that no policy has is named', () => {
  const made = calls([decision({ principal: 'operator', action: 'sqs:DeleteMessageBatch' }), decision({ principal: 'operator', action: 's3:GetObject' }), decision()])
  assert.deepEqual(made, ['s3:GetObject', 'sqs:DeleteMessage'])
  assert.deepEqual(unlisted(made, [allow('s3:GetObject', '*')], new Set()), ['sqs:DeleteMessage'])
  assert.deepEqual(unlisted(made, [allow('s3:GetObject', '*')], new Set(['sqs:DeleteMessage'])), [])
})

test('decisions of one kind count once', () => {
  assert.equal(distinct([decision({ resource: `${stream}-0a1b2c3d4e` }), decision({ resource: `${stream}-ffffffffff` }), decision({ action: 'kinesis:PutRecord' })]).length, 2)
})
