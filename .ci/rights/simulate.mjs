// Evaluates recorded decisions about rights once more, with a simulator that is independent of the emulator's.
import { runSimulation } from '@cloud-copilot/iam-simulate'

const VERSION = '2012-10-17'

// Accounts of their own: AWS's managed policies would be named otherwise.
const policies = (name, documents) => documents.map((policy, index) => ({ name: `${name} ${index}`, policy: { Version: VERSION, ...policy } }))

// "Allowed", "ExplicitlyDenied", "ImplicitlyDenied", or "error: …" for a request that IAM does not know.
export async function simulate(decision) {
  const { principal, action, resource, context, identity, resource_policy, endpoint_policy } = decision
  const contextVariables = Object.fromEntries(Object.entries(context).map(([key, value]) => [key, Array.isArray(value) ? value.map(String) : String(value)]))
  const answer = await runSimulation({
    request: { principal, action, resource: { resource, accountId: decision.account }, contextVariables },
    identityPolicies: policies('identity', identity),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(resource_policy ? { resourcePolicy: { Version: VERSION, ...resource_policy } } : {}),
    ...(endpoint_policy ? { vpcEndpointPolicies: policies('endpoint', [endpoint_policy]) } : {}),
  }, {})
  return answer.resultType === 'error' ? `error: ${JSON.stringify(answer.errors)}` : answer.overallResult
}

// A finding for each decision that the simulator does not share.
export async function disagreements(decisions) {
  const findings = []
  for (const decision of decisions) {
    const result = await simulate(decision)
    if ((result === 'Allowed') !== decision.allowed) {
      const recorded = decision.allowed ? 'allowed' : 'denied'
      findings.push(`${decision.principal}: ${decision.action} on ${decision.resource}: ${recorded} locally, ${result} by the simulator`)
    }
  }
  return findings
}
