import { availableParallelism, constants } from 'node:os'
import { join } from 'node:path'
import { type DemoOptions, demoCommand, optionsOf } from './options.ts'
import { ownScenario, UsageError } from './own-scenario.ts'
import { shownPath, tlLine } from './paths.ts'
import { servePortal } from './portal.ts'
import { CutShort, watch } from './progress.ts'
import { jsonOf, lookOf, textOf } from './report.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { Stage } from './stage.ts'
import { Trial } from './trial.ts'
import { asExpected, type Verdict } from './verdict.ts'

const exit = { asExpected: 0, otherwise: 1, usage: 2 }
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborted by the first signal that asks us to end, which is its reason; later ones change nothing. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) process.on(signal, () => controller.abort(signal))
  return controller.signal
}

/** Runs the demo as asked; its exit code. Cleans up after itself, however it ends. */
async function demo(options: DemoOptions): Promise<number> {
  const interrupted = interruption()
  try {
    return await played(options, interrupted)
  } catch (e) {
    if (!interrupted.aborted) throw e
    return 128 + constants.signals[interrupted.reason as (typeof signals)[number]]
  }
}

/** @throws {Error} it could not begin, or was interrupted. */
async function played(options: DemoOptions, interrupted: AbortSignal): Promise<number> {
  const { nonce } = options
  // What ends under them because somebody interrupted is no news.
  const warn = (message: string) => {
    if (!interrupted.aborted) process.stderr.write(`${message}\n`)
  }
  const stage = await Stage.open({ nonce, warn, hasPortal: options.portal })
  let isKept = false
  try {
    const chosen = await chosenOf(stage, options)
    const work = verdictsOn(stage, chosen, options, interrupted)
    const verdicts = await untilInterrupted(stage, work, interrupted)
    const text = options.json
      ? jsonOf(await stage.accelerator(), verdicts)
      : textOf(verdicts, lookOf(process.stdout))
    process.stdout.write(`${text}\n`)
    if (options.portal) await servePortal(stage, options.keep, interrupted)
    isKept = options.keep
    if (isKept) process.stderr.write(kept(stage, await stage.host.host.machines()))
    return verdicts.every(asExpected) ? exit.asExpected : exit.otherwise
  } finally {
    await (isKept ? stage.keep() : stage.close())
  }
}

/** The work's outcome. Once interrupted, its VMs end under it. @throws {Error} it was interrupted. */
async function untilInterrupted<T>(
  stage: Stage,
  work: Promise<T>,
  interrupted: AbortSignal,
): Promise<T> {
  const strike = () => {
    process.stderr.write('interrupted: removing the VMs\n')
    return stage.host.strike()
  }
  const worked = new AbortController()
  const struck = new Promise<void>((resolve, reject) => {
    const begin = () => void strike().then(resolve, reject)
    if (interrupted.aborted) begin()
    else interrupted.addEventListener('abort', begin, { signal: worked.signal })
  })
  await Promise.race([work, struck])
  const outcome = await work
  worked.abort()
  interrupted.throwIfAborted()
  return outcome
}

async function verdictsOn(
  stage: Stage,
  chosen: readonly Scenario[],
  options: DemoOptions,
  interrupted: AbortSignal,
): Promise<Verdict[]> {
  const verdicts = new Map<string, Verdict>()
  const works = chosen.map((scenario) => ({
    name: scenario.name,
    title: scenario.story,
    run: async (tell: (state: string) => void) => {
      if (interrupted.aborted) throw new CutShort()
      const trial = new Trial(stage, scenario, tell)
      try {
        await trial.play()
      } catch (e) {
        throw interrupted.aborted ? new CutShort() : e
      } finally {
        const verdict = trial.verdict()
        verdicts.set(scenario.name, verdict)
        if (!interrupted.aborted) {
          tell(verdict.outcome ?? `no verdict: ${verdict.told}`)
          if (!options.keep && !options.portal) await trial.clear()
        }
      }
    },
  }))
  await watch(works, Math.min(2, availableParallelism()))
  return chosen.map(({ name }) => verdicts.get(name)!)
}

async function chosenOf(stage: Stage, { only, tamper }: DemoOptions): Promise<Scenario[]> {
  const named = scenarios.filter(({ name }) => only.includes(name))
  if (tamper.length === 0) return named
  return [...named, await ownScenario(tamper, stage.image.path, stage.scratch())]
}

/** How to look at the VMs that stay, and how to be rid of them: lines to be typed. */
function kept({ folder, host }: Stage, ids: readonly string[]): string {
  const state = join(folder, 'host')
  const lines = [
    'The VMs stay. Look at them:',
    `  ${tlLine('host vm list --state', state)}`,
    ...ids.map((id) => `  tail -n 20 ${shownPath(join(host.folderOf(id), 'console.log'))}`),
    'Serve them again:',
    `  ${tlLine('up --data', folder)}`,
    'Remove them:',
    ...ids.map((id) => `  ${tlLine(`host vm delete ${id} --state`, state)}`),
    `  rm -r ${shownPath(folder)}`,
  ]
  return `${lines.join('\n')}\n`
}

// A terminal that is gone, or a reader: what was begun is still cleaned up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
// `tl demo` starts this program under its own name
const command = demoCommand(
  process.argv0 === 'tl demo' ? 'tl demo' : 'npm run demo --',
).exitOverride()
try {
  command.parse()
  process.exitCode = await demo(optionsOf(command))
} catch (e) {
  const { code, exitCode } = e as { code?: string; exitCode?: number }
  if (code?.startsWith('commander.')) process.exitCode = exitCode === 0 ? 0 : exit.usage
  else {
    process.stderr.write(`demo: ${(e as Error).message}\n`)
    process.exitCode = e instanceof UsageError ? exit.usage : exit.otherwise
  }
}
