import { Listr, ListrLogger, ProcessOutput } from 'listr2'

/** What `run` of a piece of work throws when it was interrupted: that is no failure of its own. */
export class CutShort extends Error {}

/** A piece of work whose state people watch: `tell` says what it does now. */
export interface Watched {
  readonly name: string
  readonly title: string
  run(tell: (state: string) => void): Promise<void>
}

/**
 * Runs `works`, so many at a time, showing each live on a terminal and line by line elsewhere, always on
 * standard error. One that fails is shown as such and stops no other.
 */
export async function watch(works: readonly Watched[], atOnce: number): Promise<void> {
  const isTerminal = process.stderr.isTTY === true
  const processOutput = new ProcessOutput(process.stderr, process.stderr)
  const list = new Listr(
    works.map((work) => ({
      title: `${work.name}: ${work.title}`,
      task: (_, task) =>
        work
          .run((state) => {
            if (isTerminal) task.output = state
            else process.stderr.write(`${work.name}: ${state}\n`)
          })
          .catch((e) => {
            if (!(e instanceof CutShort)) throw e
            task.skip('interrupted')
          }),
    })),
    {
      concurrent: atOnce,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: isTerminal ? 'default' : 'silent',
      rendererOptions: { logger: new ListrLogger({ processOutput }), processOutput } as object,
    },
  )
  await list.run()
}
