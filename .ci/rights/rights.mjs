// Compares the decisions about rights that local stacks recorded with those of an independent simulator, and names the rights that
// the templates grant and nothing used.
//
//     node .ci/rights/rights.mjs RECORDS BINARY templates/*.yaml
//
// RECORDS is the folder that OUTBOXCTL_RIGHTS_RECORDS named while the integration tests ran, BINARY the outboxctl that prints the
// policies of its operators. Exit code 1 with one line for each finding.
import { readFileSync } from 'node:fs'
import { disagreements } from './simulate.mjs'
import { grants, named, unused } from './grants.mjs'
import { printed, refusals } from './operator.mjs'
import { read } from './records.mjs'

const [folder, binary, ...templates] = process.argv.slice(2)
const decisions = read(folder)
// The operator's own key may do everything locally.
const judged = decisions.filter(({ principal }) => principal !== 'operator')
const findings = await disagreements(judged)

// What stands before the dash in the lines of a table.
const table = (name) => new Set(readFileSync(new URL(name, import.meta.url), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(' — ')[0]))

findings.push(...(await refusals(decisions, printed(binary, decisions))))

const justified = table('unused.txt')
const granted = grants(templates)
const left = unused(decisions, granted).map(named)
findings.push(...left.filter((name) => !justified.has(name)).map((name) => `${name}: granted and never used; remove it, or justify it in .ci/rights/unused.txt`))
const names = granted.map(named)
findings.push(...[...justified].filter((name) => !names.includes(name)).map((name) => `${name}: in .ci/rights/unused.txt, and not granted; remove the line`))
// Whether some are used depends on chance, as on the order of events.
const used = [...justified].filter((name) => names.includes(name) && !left.includes(name))
if (used.length > 0) console.log(`in .ci/rights/unused.txt, and used this time: ${used.join(', ')}`)
// Without decisions every agreement is empty.
if (judged.length === 0) findings.push(`${folder} has no decision about a role or a service`)
const denied = judged.filter(({ allowed }) => !allowed).length
console.log(findings.join('\n') || `the simulator agrees with ${judged.length} decisions (${denied} denied); ${granted.length} grants, ${left.length} of them unused and justified`)
process.exitCode = findings.length > 0 ? 1 : 0
