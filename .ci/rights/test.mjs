// The comparison finds planted faults: without these tests, agreement could mean that nothing is compared.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { grants, named, unused } from './grants.mjs'
import { asked, place, refusals } from './operator.mjs'
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

test('a call of outboxctl on a resource that no policy has is named', async () => {
  const queue = 'arn:aws:sqs:us-east-1:000000000000:outboxctl-dev-rds-kinesis-q'
  const of = (action, resource) => decision({ principal: 'operator', identity: [], action, resource })
  const places = (action, resource) => [{ stage: 'dev', pipeline: 'rds-kinesis', policies: [allow('s3:GetObject', '*'), allow(action, resource)] }]
  assert.deepEqual(await refusals([of('sqs:DeleteMessageBatch', queue)], places('sqs:DeleteMessage', `${queue}*`)), [])
  for (const [action, resource] of [['sqs:SendMessage', queue], ['sqs:DeleteMessage', `${queue}2`]]) {
    const [finding, ...more] = await refusals([of('sqs:DeleteMessageBatch', queue)], places(action, resource))
    assert.match(finding, /sqs:DeleteMessage on .*rds-kinesis-q, .* for rds-kinesis in stage dev/)
    assert.equal(more.length, 0)
  }
  // Policies of another stage do not count.
  assert.equal((await refusals([of('sqs:DeleteMessage', queue.replace('dev', 'prod'))], places('sqs:DeleteMessage', '*'))).length, 1)
  // Of a resource that users named, only the action has to be known.
  const own = 'arn:aws:sqs:us-east-1:000000000000:mine'
  assert.deepEqual(await refusals([of('sqs:DeleteMessage', own)], places('sqs:DeleteMessage', `${queue}*`)), [])
  assert.equal((await refusals([of('sqs:SendMessage', own)], places('sqs:DeleteMessage', '*'))).length, 1)
  // Functions are not operators.
  assert.deepEqual(await refusals([decision()], []), [])
})

test('resources are those of the service authorization reference', () => {
  assert.deepEqual(asked({ action: 'events:DescribeEventBus', resource: 'arn:aws:events:r:a:rule/default/b' }), { action: 'events:DescribeEventBus', resource: 'arn:aws:events:r:a:event-bus/b' })
  assert.deepEqual(asked({ action: 'events:PutTargets', resource: 'arn:aws:events:r:a:event-bus/b' }), { action: 'events:PutTargets', resource: 'arn:aws:events:r:a:rule/b/any' })
  const secret = { action: 'secretsmanager:DescribeSecret', resource: 'arn:aws:secretsmanager:r:a:secret:outboxctl-dev-rds-kinesis-database-Secret-F0-c6' }
  assert.equal(asked(secret).resource, 'arn:aws:secretsmanager:r:a:secret:Secret-F0-c6')
  assert.deepEqual(place({ resource: 'arn:aws:s3:::outboxctl-pr-17-dynamodb-cdc-code' }), { stage: 'pr-17', pipeline: 'dynamodb-cdc' })
  assert.equal(place({ resource: 'arn:aws:sqs:r:a:outboxctl-tap-1' }), undefined)
})

test('decisions of one kind count once', () => {
  assert.equal(distinct([decision({ resource: `${stream}-0a1b2c3d4e` }), decision({ resource: `${stream}-ffffffffff` }), decision({ action: 'kinesis:PutRecord' })]).length, 2)
})
