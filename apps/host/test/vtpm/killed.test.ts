import { test } from 'node:test'
import { surviveKills } from './kills.ts'

test('a vTPM is not refused after its manager was killed three times while starting or stopping it', (t) =>
  surviveKills(t, 3))
