// A thread that appraises, so that a long log or a slow check never holds up who asks the service.

import { parentPort } from 'node:worker_threads'
import { type AgainTask, judgedAgain } from './again.ts'
import { type AppraisalTask, appraisalOf } from './appraisal.ts'
import { type BootViewTask, shownBoot } from './boot-view.ts'
import { triedOn, type WhatIfTask } from './what-if.ts'

type Task = AppraisalTask | AgainTask | WhatIfTask | BootViewTask

parentPort!.on('message', (task: Task) => {
  const answer = answerTo(task)
  parentPort!.postMessage(answer, handedOver(answer))
})

/** A record is not needed here any more: it changes hands, and is not copied. */
function handedOver(answer: object | null): ArrayBuffer[] {
  if (answer === null || !('record' in answer) || !(answer.record instanceof Uint8Array)) return []
  const { buffer, byteLength } = answer.record
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

function answerTo(task: Task): object | null {
  if ('shown' in task) return shownBoot(task)
  if ('tried' in task) return triedOn(task)
  return 'record' in task ? judgedAgain(task) : appraisalOf(task)
}
