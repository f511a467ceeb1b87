import { test } from 'node:test'
import { surviveKills } from '../../apps/host/test/vtpm/kills.ts'

test('a vTPM is not refused after its manager was killed twenty times while starting or stopping it', (t) =>
  surviveKills(t, 20))
