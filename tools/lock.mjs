// One set-up at a time. The kernel keeps the lock, so a killed process leaves none behind.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetupError, say } from './progress.mjs'

/** Takes the lock `path`, waiting for another set-up to end; gives its descriptor. */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true })
  const descriptor = openSync(path, 'a')
  if (flock(descriptor, ['--nonblock']) !== 0) {
    say('set-up: another set-up is running; waiting for it')
    if (flock(descriptor, []) !== 0) throw new SetupError(`${path} can't be locked`)
  }
  return descriptor
}

export function dropLock(descriptor) {
  closeSync(descriptor)
}

/** The lock belongs to the open file, which this process shares with the short-lived `flock`. */
function flock(descriptor, options) {
  const { status, error } = spawnSync('flock', [...options, '--exclusive', '3'], {
    stdio: ['ignore', 'ignore', 'inherit', descriptor],
  })
  if (error) throw new SetupError(`flock (package util-linux): ${error.message}`, { cause: error })
  return status
}
