import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vmProperties } from '../../src/http/vm-view.ts'
import { vm as sample } from '../store/samples.ts'

const shown = (securityProfile: object | undefined, version: string) => {
  const properties: any = securityProfile === undefined ? {} : { securityProfile }
  return vmProperties({ ...sample('web'), properties, etag: '1', changedAt: 0 } as any, version)
    .securityProfile
}

test('a Standard VM reads Standard from api-version 2025-11-01 on, and has no securityProfile before', () => {
  for (const profile of [undefined, { securityType: 'Standard' }]) {
    for (const version of ['2025-11-01', '2025-11-01-preview', '2026-03-01', '2031-01-01'])
      assert.deepEqual(shown(profile, version), { securityType: 'Standard' })
    for (const version of ['2025-10-31', '2025-04-01', '2019-03-01'])
      assert.equal(shown(profile, version), undefined)
  }
})

test('a Trusted Launch VM reads so at every api-version', () => {
  const profile = {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: false },
  }
  for (const version of ['2020-12-01', '2026-03-01'])
    assert.deepEqual(shown(profile, version), profile)
})
