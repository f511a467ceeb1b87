/** Writes the portal's sizes, as set-up built it, into docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withSizes } from './sizes.ts'

const path = 'docs/benchmarks.md'
const sizes = JSON.parse(readFileSync('.cache/portal/sizes.json', 'utf8'))
writeFileSync(path, withSizes(readFileSync(path, 'utf8'), sizes))
