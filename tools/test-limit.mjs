// Loaded into the process of each test file: one that does not end, as when a failed test left a program running, is
// ended with its children and fails, since they would keep the whole run waiting.
import { readFileSync } from 'node:fs'

const LIMIT_MINUTES = Number(process.env.TEST_FILE_MINUTES ?? 15)

function end() {
  console.error(`${process.argv[1]} did not end within ${LIMIT_MINUTES} minutes`)
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  for (const child of children.split(' ').filter(Boolean)) process.kill(Number(child), 'SIGKILL')
  process.exit(1)
}

setTimeout(end, LIMIT_MINUTES * 60_000).unref()
