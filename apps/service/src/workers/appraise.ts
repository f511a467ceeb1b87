// A thread that appraises, so that a long log or a slow check never holds up who asks the service.

import { parentPort } from 'node:worker_threads'
import { type AgainTask, judgedAgain } from './again.ts'
import { type AppraisalTask, appraisalOf } from './appraisal.ts'

parentPort!.on('message', (task: AppraisalTask | AgainTask) =>
  parentPort!.postMessage('record' in task ? judgedAgain(task) : appraisalOf(task)),
)
