// A thread that appraises, so that a long log or a slow check never holds up who asks the service.

import { parentPort } from 'node:worker_threads'
import { type AgainTask, judgedAgain } from './again.ts'
import { type AppraisalTask, appraisalOf } from './appraisal.ts'
import { triedOn, type WhatIfTask } from './what-if.ts'

parentPort!.on('message', (task: AppraisalTask | AgainTask | WhatIfTask) =>
  parentPort!.postMessage(answerTo(task)),
)

function answerTo(task: AppraisalTask | AgainTask | WhatIfTask): unknown {
  if ('tried' in task) return triedOn(task)
  return 'record' in task ? judgedAgain(task) : appraisalOf(task)
}
