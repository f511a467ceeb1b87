import { Listr, ListrLogger, ProcessOutput } from 'listr2'

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
        isTerminal
          ? work.run((state) => {
              task.output = state
            })
          : work.run((state) => void process.stderr.write(`${work.name}: ${state}\n`)),
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
