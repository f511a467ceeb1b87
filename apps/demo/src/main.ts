import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { type DemoOptions, demoCommand, optionsOf } from './options.ts'
import { watch } from './progress.ts'
import { asExpected, jsonOf, textOf, type Verdict } from './report.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { closeStage, openStage, type Stage } from './stage.ts'
import { Trial } from './trial.ts'

const exit = { asExpected: 0, otherwise: 1, usage: 2, interrupted: 130 }

/** Runs the demo as asked; its exit code. Cleans up after itself, however it ends. */
async function demo(options: DemoOptions): Promise<number> {
  const stage = await openStage(options.nonce, ({ level, message }) => {
    if (level === 'warning') process.stderr.write(`${message}\n`)
  })
  const stop = () => void closeStage(stage).finally(() => process.exit(exit.interrupted))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  try {
    const verdicts = await verdictsOn(stage, chosen(options))
    const { accelerator } = await stage.host.acceleration()
    process.stdout.write(`${options.json ? jsonOf(accelerator, verdicts) : textOf(verdicts)}\n`)
    if (options.keep) process.stderr.write(kept(stage))
    return verdicts.every(asExpected) ? exit.asExpected : exit.otherwise
  } finally {
    if (options.keep) await stage.host.close()
    else await closeStage(stage)
  }
}

async function verdictsOn(stage: Stage, chosen: readonly Scenario[]): Promise<Verdict[]> {
  const verdicts = new Map<string, Verdict>()
  const works = chosen.map((scenario) => ({
    title: `${scenario.name}: ${scenario.story}`,
    run: async (tell: (state: string) => void) => {
      const trial = new Trial(stage, scenario, tell)
      await scenario.run(trial)
      verdicts.set(scenario.name, trial.verdict())
    },
  }))
  await watch(works, Math.min(2, availableParallelism()))
  return chosen.map(({ name }) => verdicts.get(name)!)
}

function chosen({ only, tamper }: DemoOptions): Scenario[] {
  const named = scenarios.filter(({ name }) => only.includes(name))
  if (tamper.length === 0) return named
  const own: Scenario = {
    name: 'tampered',
    story: `${tamper.map(({ file }) => file).join(', ')} replaced on the disk`,
    expected: null,
    async run(trial) {
      await trial.create()
      for (const { file, path } of tamper) await trial.disk.write(file, readFileSync(path))
      await trial.bootAndAppraise()
    },
  }
  return [...named, own]
}

function kept({ stateDirectory, host }: Stage): string {
  const lines = host
    .machines()
    .map(
      (machine) =>
        `  ${machine.id}: ${machine.status().state}, console in ${machine.folder}/console.log`,
    )
  return `The VMs are left as they are, in ${stateDirectory}:\n${lines.join('\n')}\nLook at them: npx tl vm --help; remove them: npx tl vm delete\n`
}

const command = demoCommand('demo').exitOverride()
try {
  command.parse()
  mkdirSync('.cache', { recursive: true })
  process.exitCode = await demo(optionsOf(command))
} catch (e) {
  const { code, exitCode } = e as { code?: string; exitCode?: number }
  if (code?.startsWith('commander.')) process.exitCode = exitCode === 0 ? 0 : exit.usage
  else {
    process.stderr.write(`demo: ${(e as Error).stack ?? e}\n`)
    process.exitCode = exit.otherwise
  }
}
