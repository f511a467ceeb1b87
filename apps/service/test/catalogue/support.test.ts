import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runsTrustedLaunch } from '../../src/catalogue/security-type.ts'
import { sizeNamed, sizes } from '../../src/catalogue/sizes.ts'
import { seriesSupport, supportOf } from '../../src/catalogue/support.ts'
import { systems } from '../../src/catalogue/systems.ts'

/** The mission's tables, by series, written down once more: support.ts is held against them. */
const mission = {
  supported:
    'Bv1 DCsv2 DCsv3 DCdsv3 Dv4 Dsv4 Dsv3 Dsv2 Dav4 Dasv4 Ddv4 Ddsv4 Dv5 Dsv5 Ddv5 Ddsv5 Dasv5 Dadsv5 Dlsv5 Dldsv5 FX Fsv2 Esv3 Ev4 Esv4 Edv4 Edsv4 Eav4 Easv4 Easv5 Eadsv5 Ebsv5 Ebdsv5 Edv5 Edsv5 Lsv2 Lsv3 Lasv3 NCv2 NCv3 NCasT4_v3 NVv3 NVv4 NDv2 NC_A100_v4 NVadsA10_v5 HB HBv2 HBv3 HBv4 HC HX',
  'not-yet': 'Dpsv5 Dpdsv5 Dplsv5 Dpldsv5 Epsv5 Epdsv5 M Msv2 Mdsv2 Mv2 NDasrA100_v4 NDm_A100_v4',
  never: 'Av2 Dv2 Dv3 Ev3 NC NV NP',
}

test('every series of the mission document has its row, and the state it says', () => {
  for (const [state, words] of Object.entries(mission))
    for (const series of words.split(' '))
      assert.equal(supportOf(series).mission?.state, state, series)
})

test('mission and current differ in seven series, and every statement has a source and a date', (t) => {
  const differing = seriesSupport.filter(
    ({ mission, current }) => mission && current && mission.state !== current.state,
  )
  for (const { series, mission, current } of differing)
    t.diagnostic(`${series}: mission ${mission?.state}, current ${current?.state}`)
  assert.deepEqual(
    differing.map(({ series, current }) => `${series} ${current?.state}`),
    [
      'Bpsv2 not-yet',
      'M never',
      'Msv2 never',
      'Mdsv2 never',
      'Mv2 never',
      'NDasrA100_v4 supported',
      'NDm_A100_v4 supported',
    ],
  )
  const rows = [...seriesSupport, ...systems].flatMap(({ mission, current }) => [mission, current])
  for (const statement of rows)
    if (statement !== null)
      assert.ok(statement.source.length > 10 && /\d{4}-\d\d/.test(statement.date))
})

test('mission and current differ in eight releases of systems, named once and no longer', (t) => {
  const gone = systems.filter(({ mission, current }) => mission !== null && current === null)
  const named = gone.map(({ system, version }) => `${system} ${version}`)
  t.diagnostic(`no longer named: ${named.join(', ')}`)
  t.diagnostic(`new: ${systems.filter((row) => row.mission === null).length} releases`)
  assert.deepEqual(named, [
    'Red Hat Enterprise Linux 8.4',
    'Red Hat Enterprise Linux 8.5',
    'Red Hat Enterprise Linux 8.7',
    'Red Hat Enterprise Linux 9.0',
    'Red Hat Enterprise Linux 9.1 LVM',
    'Red Hat Enterprise Linux 9.2',
    'Ubuntu Server 23.04',
    'Ubuntu Server 23.10',
  ])
  assert.equal(systems.filter((row) => row.mission !== null).length, 41)
})

test('a size runs Trusted Launch as the current statement says, whatever the mission said', () => {
  const runs = (name: string) => runsTrustedLaunch(sizeNamed(name)!)
  for (const name of ['Standard_B1s', 'Standard_D2s_v5', 'Standard_ND96asr_v4', 'Standard_DC8s_v3'])
    assert.equal(runs(name), true, name)
  for (const name of [
    'Standard_A1_v2',
    'Standard_D2_v3',
    'Standard_E2_v3',
    'Standard_D2ps_v5',
    'Standard_M8ms',
    'Standard_DC2as_v5',
    'Standard_NP10s',
  ])
    assert.equal(runs(name), false, name)
})

test('no size of generation 1 alone, and no confidential one, runs Trusted Launch', () => {
  for (const size of sizes)
    if (!size.traits.has('gen2') || size.traits.has('snp') || size.traits.has('tdx'))
      assert.equal(runsTrustedLaunch(size), false, size.name)
})
