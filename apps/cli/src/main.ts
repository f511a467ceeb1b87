import { processOutput } from './output.ts'
import { run } from './program.ts'

// a reader that goes away (`tl eventlog … | head`) ends us quietly
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
process.exitCode = await run(process.argv.slice(2), processOutput())
