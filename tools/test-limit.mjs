// Loaded into the process of each test file: one that does not end within TEST_FILE_MINUTES, as when a failed test left
// a program running, is ended with its children and fails, since they would keep the whole run waiting.
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const minutes = Number(process.env.TEST_FILE_MINUTES)

function end() {
  console.error(`${process.argv[1]} did not end within ${minutes} minutes`)
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  for (const child of children.split(' ').filter(Boolean)) process.kill(Number(child), 'SIGKILL')
  process.exit(1)
}

// The run itself may take longer.
if (isMainThread && !process.execArgv.includes('--test')) setTimeout(end, minutes * 60_000).unref()
