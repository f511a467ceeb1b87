import { Listr, ListrLogger, ProcessOutput } from 'listr2'

/** A piece of work whose state people watch: `tell` replaces what stands behind its title. */
export interface Watched {
  title: string
  run(tell: (state: string) => void): Promise<void>
}

/**
 * Runs `works`, so many at a time, showing each live on a terminal and line by line elsewhere, always on
 * standard error. One that fails does not stop the others; its error is thrown when all have ended.
 */
export async function watch(works: readonly Watched[], atOnce: number): Promise<void> {
  const processOutput = new ProcessOutput(process.stderr, process.stderr)
  const list = new Listr(
    works.map((work) => ({
      title: work.title,
      task: (_, task) =>
        work.run((state) => {
          task.output = state
        }),
      rendererOptions: { persistentOutput: false },
    })),
    {
      concurrent: atOnce,
      exitOnError: false,
      collectErrors: 'minimal',
      registerSignalListeners: false,
      renderer: process.stderr.isTTY === true ? 'default' : 'simple',
      rendererOptions: { logger: new ListrLogger({ processOutput }), processOutput } as object,
    },
  )
  await list.run()
  const [first] = list.errors
  if (first !== undefined) throw first
}
