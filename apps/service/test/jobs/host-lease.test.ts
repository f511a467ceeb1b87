import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { Leases, Store } from '../../src/domain/store.ts'
import { HostLease } from '../../src/jobs/host-lease.ts'

/** The database of one lease, that may be down; its time is ours. */
class OneLease {
  at = 0
  isDown = false
  #held = { owner: '', epoch: 0, until: 0 }

  readonly leases = {
    acquire: async (_: string, owner: string, at: number, leaseMs: number) => {
      this.#requireUp()
      if (this.#held.until > at && this.#held.owner !== owner) return null
      this.#held = { owner, epoch: this.#held.epoch + 1, until: at + leaseMs }
      return this.#held.epoch
    },
    renew: async (_: string, owner: string, epoch: number, at: number, leaseMs: number) => {
      this.#requireUp()
      if (this.#held.owner !== owner || this.#held.epoch !== epoch) return false
      this.#held = { owner, epoch, until: at + leaseMs }
      return true
    },
    release: async () => {
      this.#held = { ...this.#held, until: 0 }
    },
  } as unknown as Leases

  #requireUp(): void {
    if (this.isDown) throw new Error('the database does not answer')
  }

  lease(owner: string, take = async () => {}, leave = async () => {}): HostLease {
    return new HostLease({
      store: { leases: this.leases } as unknown as Store,
      ...{ name: 'host/local', owner, leaseMs: 30, take, leave },
      now: () => this.at,
      log: pino({ level: 'silent' }),
    })
  }
}

const beats = () => sleep(60)

test('of two that want a host one drives it, and the other once the first let go', async () => {
  const one = new OneLease()
  const [a, b] = [one.lease('a'), one.lease('b')]
  await a.start()
  await b.start()
  assert.deepEqual([a.isHeld, b.isHeld], [true, false])
  await a.stop()
  await beats()
  assert.deepEqual([a.isHeld, b.isHeld], [false, true])
  await b.stop()
})

test('a database that does not answer takes the host away once the lease time is over, not before', async () => {
  const one = new OneLease()
  const a = one.lease('a')
  await a.start()
  one.isDown = true
  one.at = 29
  await beats()
  assert.equal(a.isHeld, true)
  one.at = 30
  assert.equal(a.isHeld, false)
  one.isDown = false
  await beats()
  assert.equal(a.isHeld, true)
  await a.stop()
})

test('who lost the host is told, and takes it again from its next holder only', async () => {
  const one = new OneLease()
  const told: boolean[] = []
  const tell = (isHeld: boolean) => async () => void told.push(isHeld)
  const a = one.lease('a', tell(true), tell(false))
  await a.start()
  one.at = 100
  const b = one.lease('b')
  await b.start()
  await beats()
  assert.deepEqual([a.isHeld, b.isHeld, told], [false, true, [true, false]])
  await b.stop()
  await beats()
  assert.deepEqual([a.isHeld, told], [true, [true, false, true]])
  await a.stop()
})

test('who cannot take the host over leaves it to who can, and tries again', async () => {
  const one = new OneLease()
  const a = one.lease('a', async () => {
    throw new Error('there is no QEMU here')
  })
  assert.match(String(await a.start()), /no QEMU/)
  const b = one.lease('b')
  await b.start()
  await beats()
  assert.equal(b.isHeld, true)
  await a.stop()
  await b.stop()
})

test('a host that was lost while it was being taken over is left before it is taken again', async () => {
  const one = new OneLease()
  const told: string[] = []
  const gate = Promise.withResolvers<void>()
  const take = async () => {
    told.push('take')
    await gate.promise
    told.push('taken')
  }
  const a = one.lease('a', take, async () => void told.push('left'))
  const started = a.start()
  await beats()
  one.at = 100
  assert.equal(a.isHeld, false)
  const b = one.lease('b')
  await b.start()
  await beats()
  assert.deepEqual(told, ['take'])
  gate.resolve()
  await started
  await beats()
  assert.deepEqual(told, ['take', 'taken', 'left'])
  await Promise.all([a.stop(), b.stop()])
})

test('a taking over that fails is tried again', async () => {
  const one = new OneLease()
  let tries = 0
  const a = one.lease('a', async () => {
    tries++
    if (tries < 3) throw new Error('the host does not answer')
  })
  await a.start()
  for (let i = 0; i < 20 && tries < 3; i++) await beats()
  await beats()
  assert.deepEqual([a.isHeld, tries], [true, 3])
  await a.stop()
})

test('a taking over that takes long does not cost the lease', async () => {
  const one = new OneLease()
  const gate = Promise.withResolvers<void>()
  const a = one.lease('a', () => gate.promise)
  const started = a.start()
  await beats()
  one.at = 25
  await beats()
  one.at = 50
  assert.equal(a.isHeld, true)
  gate.resolve()
  await started
  await a.stop()
})
