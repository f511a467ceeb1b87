// npm run check: types, lint and format, arrows, documents. Prints what is wrong; exit 1 if anything is.
import { spawnSync } from 'node:child_process'
import { checkArrows } from './check-arrows.ts'
import { checkDocs } from './check-docs.ts'

function run(title: string, program: string, ...args: string[]): boolean {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' })
  return told(title, status === 0 ? [] : [`${title} found faults`], started)
}

function told(title: string, faults: string[], started: number): boolean {
  for (const fault of faults) console.error(`  ${fault}`)
  const verdict = faults.length === 0 ? 'ok' : `${faults.length} faults`
  console.error(
    `${title.padEnd(8)} ${verdict} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  )
  return faults.length === 0
}

const tsc = 'node_modules/typescript/bin/tsc'
const results = [
  run('types', tsc, '-p', '.'),
  run('guest', tsc, '-p', 'apps/agent'),
  run('portal', tsc, '-p', 'apps/portal'),
  run('lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  told('arrows', checkArrows(), performance.now()),
  told('docs', checkDocs(), performance.now()),
]
process.exitCode = results.every(Boolean) ? 0 : 1
