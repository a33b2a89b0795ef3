// Reads the records that local stacks wrote.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

// What differs between calls of one kind: ids, times, hashes.
const VARYING = /[0-9a-f-]{8,}|\d+/g

export function read(folder) {
  const lines = readdirSync(folder).filter((name) => name.endsWith('.ndjson')).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean))
  return distinct(lines.map((line) => JSON.parse(line)))
}

// One of each kind.
export function distinct(decisions) {
  const kinds = new Map()
  for (const decision of decisions) {
    const kind = JSON.stringify(decision).replace(VARYING, '#')
    if (!kinds.has(kind)) kinds.set(kind, decision)
  }
  return [...kinds.values()]
}
