import { getSystemErrorMessage } from 'node:util'
import { EXIT } from './exit-code.ts'
import { processOutput } from './output.ts'
import { run } from './program.ts'

process.stdout.on('error', ({ code, errno, message }: NodeJS.ErrnoException) => {
  // a reader that goes away (`tl eventlog … | head`) ends us quietly
  if (code === 'EPIPE') process.exit(EXIT.affirming)
  const reason = errno === undefined ? message : getSystemErrorMessage(errno)
  process.stderr.write(`tl: cannot write standard output: ${reason}\n`)
  process.exit(EXIT.failure)
})
process.exitCode = await run(process.argv.slice(2), processOutput())
