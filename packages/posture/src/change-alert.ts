import { type Alert, type AlertChange, type AlertState, isOpen, keysOf } from './alert.ts'

/** Why a change of an alert is refused. */
export interface AlertRefusal {
  readonly code: 'no-actor' | 'no-reason' | 'too-long' | 'too-early' | 'closed'
  readonly message: string
}

const textMax = 256

const states: Readonly<Record<AlertChange['action'], AlertState>> = {
  activate: 'Active',
  start: 'InProgress',
  resolve: 'Resolved',
  dismiss: 'Dismissed',
}

/**
 * An alert after somebody did something about it, or why not. Who and why stay with it: a failure is closed by
 * somebody, for a reason. The same change again changes nothing. From each state any other is reached, but work
 * starts on an open alert only: who goes back to a closed one activates it.
 */
export function changeAlert(alert: Alert, change: AlertChange): Alert | AlertRefusal {
  const refusal = refusalOf(alert, change)
  if (refusal !== null) return refusal
  const state = states[change.action]
  if (state === alert.state) return alert
  const dismissed = state === 'Dismissed' ? keysOf(alert.findings) : []
  return { ...alert, state, dismissed, change }
}

/** Whether it is a refusal and no alert. */
export function isRefusal(one: Alert | AlertRefusal): one is AlertRefusal {
  return 'code' in one
}

function refusalOf(alert: Alert, { action, by, reason, time }: AlertChange): AlertRefusal | null {
  if (by.trim() === '') return refused('no-actor', 'An alert is changed by somebody.')
  if (reason.trim() === '') return refused('no-reason', 'An alert is changed for a reason.')
  if (by.length > textMax || reason.length > textMax)
    return refused('too-long', `Who and why have at most ${textMax} characters each.`)
  if (time < (alert.change?.time ?? alert.firstSeen))
    return refused('too-early', 'An alert is not changed before it was raised, or changed before.')
  if (action === 'start' && !isOpen(alert))
    return refused('closed', 'It is closed: activate it first.')
  return null
}

function refused(code: AlertRefusal['code'], message: string): AlertRefusal {
  return { code, message }
}
