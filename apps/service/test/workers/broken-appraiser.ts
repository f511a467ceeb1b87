// A thread that does with its task what the task's issuer says, for tests.

import { parentPort, threadId } from 'node:worker_threads'
import type { AppraisalTask } from '../../src/workers/appraisal.ts'

parentPort!.on('message', ({ issuer }: AppraisalTask) => {
  if (issuer.issuer === 'throw') throw new Error('broken')
  if (issuer.issuer === 'exit') process.exit(3)
  if (issuer.issuer === 'hang') for (;;);
  if (issuer.issuer === 'memory')
    for (const all: unknown[] = []; ; ) all.push(new Array(1e6).fill(0))
  const tier = issuer.issuer === 'thread' ? String(threadId) : issuer.issuer
  parentPort!.postMessage({ tier })
})
