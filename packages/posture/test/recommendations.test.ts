import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fix } from '../src/fix.ts'
import type { MachineFacts } from '../src/machine.ts'
import { RECOMMENDATIONS, type RecommendationId } from '../src/recommendations.ts'
import { claiming, facts, good, hour, minute, standard, start, trusted, verdict } from './facts.ts'

/** What a rule makes of what is known: `Healthy`, or the code and its cause. */
type Case = readonly [
  title: string,
  given: Partial<MachineFacts>,
  answer: string,
  fix?: Fix['kind'],
]

const judged = (result: MachineFacts['last'] & object) => ({ last: result })
const told = (...ids: string[]) => judged({ result: verdict(...ids), time: start })
const claimed = (claims: Parameters<typeof claiming>[1], ...ids: string[]) =>
  judged({ result: claiming(verdict(...ids), claims), time: start })
const authorities = (...names: string[]) => claimed({ 'microsoft-authorities': names })

const on = (changes: Partial<MachineFacts['setup']>) => ({ setup: { ...trusted, ...changes } })
const generation1 = { cause: 'generation-1', description: 'It is of generation 1.' } as const
const small = { cause: 'size', description: 'Its size does not allow it.' } as const
const supported: Case[] = [
  ['generation 1', { setup: standard, unsupported: generation1 }, 'NotApplicable generation-1'],
  ['another size', { setup: standard, unsupported: small }, 'NotApplicable size'],
]
const windows: Case = ['Windows', { os: 'Windows' }, 'NotApplicable no-windows-agent']
const unattested: Case[] = [
  ...supported,
  windows,
  ['a Standard VM', { setup: standard }, 'NotApplicable trusted-launch-off'],
  ['no vTPM', on({ vTpmEnabled: false }), 'NotApplicable vtpm-off'],
]
const evident: Case[] = [
  ...unattested,
  ['a VM that was never attested', { last: null }, 'NotApplicable no-evidence'],
  ['a log that is refused', claimed({ 'secure-boot': null }), 'NotApplicable no-evidence'],
]
const extension: Case[] = [
  ['one with it', {}, 'Healthy'],
  ['one without', on({ hasExtension: false }), 'Unhealthy no-extension', 'install-extension'],
  [
    'Secure Boot off',
    on({ secureBootEnabled: false, hasExtension: false }),
    'NotApplicable secure-boot-off',
  ],
  ...unattested.filter((one) => one !== windows),
]
const extensionOfWindows: Case[] = [
  ['one with it', { os: 'Windows' }, 'NotApplicable no-windows-agent'],
  [
    'one without',
    { os: 'Windows', ...on({ hasExtension: false }) },
    'NotApplicable no-windows-agent',
  ],
  ['a Standard one', { os: 'Windows', setup: standard }, 'NotApplicable no-windows-agent'],
]
const secureBoot: Case[] = [
  ...supported,
  ['it is on', {}, 'Healthy'],
  ['it is off', on({ secureBootEnabled: false }), 'Unhealthy secure-boot-off', 'change-security'],
  ['a supported Standard VM', { setup: standard }, 'Unhealthy secure-boot-off', 'change-security'],
]

const tables: Readonly<Record<RecommendationId, readonly Case[]>> = {
  'trusted-launch': [
    ...supported,
    ['a Trusted Launch VM', {}, 'Healthy'],
    [
      'with Secure Boot off: that is recommended by itself',
      on({ secureBootEnabled: false }),
      'Healthy',
    ],
    [
      'a supported Standard VM',
      { setup: standard },
      'Unhealthy trusted-launch-off',
      'change-security',
    ],
    [
      'a set with Secure Boot off',
      { kind: 'scale-set', ...on({ secureBootEnabled: false }) },
      'Unhealthy secure-boot-off',
      'change-security',
    ],
    [
      'a set without vTPM',
      { kind: 'scale-set', ...on({ vTpmEnabled: false }) },
      'Unhealthy vtpm-off',
      'change-security',
    ],
    ['a set with both', { kind: 'scale-set' }, 'Healthy'],
  ],
  'secure-boot.windows': secureBoot,
  'secure-boot.linux': secureBoot,
  vtpm: [
    ...supported,
    ['it is on', {}, 'Healthy'],
    ['it is off', on({ vTpmEnabled: false }), 'Unhealthy vtpm-off', 'change-security'],
    ['a supported Standard VM', { setup: standard }, 'Unhealthy vtpm-off', 'change-security'],
  ],
  'guest-attestation-extension.linux-vm': extension,
  'guest-attestation-extension.linux-scale-set': extension,
  'guest-attestation-extension.windows-vm': extensionOfWindows,
  'guest-attestation-extension.windows-scale-set': extensionOfWindows,
  // Its rule has tests of its own: boot-integrity.test.ts.
  'guest-attestation-status': [
    ...unattested,
    ['the last run affirms', {}, 'Healthy'],
    ['it does not', told('kernel.changed'), 'Unhealthy contraindicated', 'attest'],
  ],
  'signed-boot-components': [
    ...evident,
    ['all are known', {}, 'Healthy'],
    ['another command line is no component', told('kernel-command-line.changed'), 'Healthy'],
    ['another GRUB', told('grub.changed'), 'Unhealthy untrusted-component', 'none'],
    [
      'an authority that db does not have',
      told('secure-boot.authority.foreign'),
      'Unhealthy untrusted-component',
      'none',
    ],
    [
      'another kernel by kexec',
      told('ima.unexpected-file'),
      'Unhealthy untrusted-component',
      'none',
    ],
    ['a module that a locked kernel refused', told('module.untrusted'), 'Healthy'],
    [
      'a module, Secure Boot off',
      claimed({ 'secure-boot': false }, 'module.untrusted'),
      'Unhealthy untrusted-component',
      'none',
    ],
  ],
  'module-signatures': [
    ...evident,
    ['Secure Boot is on', {}, 'Healthy'],
    ['Secure Boot is off', claimed({ 'secure-boot': false }), 'Unhealthy not-enforced', 'none'],
    ['shim verifies nothing', told('mok.validation-off'), 'Unhealthy not-enforced', 'none'],
    [
      'off, and asked for',
      claimed({ 'secure-boot': false, 'command-line': '/vmlinuz module.sig_enforce=1 quiet' }),
      'Healthy',
    ],
    [
      'off, and locked down',
      claimed({ 'secure-boot': false, 'command-line': 'ro lockdown=integrity' }),
      'Healthy',
    ],
    [
      'off, and asked not to',
      claimed({ 'secure-boot': false, 'command-line': 'ro module.sig_enforce=0' }),
      'Unhealthy not-enforced',
      'none',
    ],
    [
      'off, and a word that only begins so',
      claimed({ 'secure-boot': false, 'command-line': 'xmodule.sig_enforce lockdown=integrityx' }),
      'Unhealthy not-enforced',
      'none',
    ],
  ],
  'certificate-rollover': [
    ...evident,
    ['none of Microsoft', authorities(), 'NotApplicable own-keys'],
    ['both', authorities('KEK 2011', 'KEK 2023', 'UEFI 2011', 'UEFI 2023'), 'Healthy'],
    ['new ones alone', authorities('KEK 2023', 'UEFI 2023'), 'Healthy'],
    [
      'old ones alone',
      authorities('KEK 2011', 'UEFI 2011'),
      'Unhealthy certificates-missing',
      'update-keys',
    ],
    [
      'db is new, KEK is old',
      authorities('KEK 2011', 'UEFI 2011', 'UEFI 2023'),
      'Unhealthy certificates-missing',
      'update-keys',
    ],
    ['not shown', claimed({ 'microsoft-authorities': null }), 'NotApplicable not-verified'],
  ],
  revocations: [
    ['none is missing', {}, 'Healthy'],
    ['none is missing on Windows', { os: 'Windows' }, 'NotApplicable no-windows-agent'],
    [
      'none is missing, without a vTPM to show it',
      { setup: { ...trusted, vTpmEnabled: false } },
      'NotApplicable vtpm-off',
    ],
    ['some are missing', { revocationsMissing: 3 }, 'Unhealthy revocations-missing', 'update-keys'],
    [
      'some are missing on Windows, which nobody attests',
      { os: 'Windows', revocationsMissing: 3 },
      'Unhealthy revocations-missing',
      'update-keys',
    ],
    [
      'below what is asked for',
      told('sbat-level.below-minimum'),
      'Unhealthy below-minimum',
      'none',
    ],
    ['nobody compared', { revocationsMissing: null }, 'NotApplicable not-compared'],
    [
      'nobody compared, and no evidence',
      { revocationsMissing: null, last: null },
      'NotApplicable no-evidence',
    ],
  ],
  'weak-keys': [
    ...evident,
    ['none', {}, 'Healthy'],
    ['a weak certificate', told('secure-boot.weak'), 'Unhealthy weak-key', 'none'],
    ['a quote over SHA-1', told('quote.sha1'), 'Unhealthy weak-key', 'none'],
  ],
  'debug-settings': [
    ...evident,
    ['none', {}, 'Healthy'],
    ['audit mode', told('secure-boot.audit-mode'), 'Unhealthy debug-mode', 'none'],
    [
      'a debugger',
      claimed({ 'command-line': '/vmlinuz kgdboc=ttyS0 quiet' }),
      'Unhealthy debug-command-line',
      'none',
    ],
    [
      'the lock off',
      claimed({ 'command-line': 'ro lockdown=none' }),
      'Unhealthy debug-command-line',
      'none',
    ],
    ...['"lockdown=none"', 'lockdown="none"', 'module.sig-enforce=0', '"nokaslr"'].map(
      (word) =>
        [
          `${word}, as the kernel takes it`,
          claimed({ 'command-line': `ro ${word} quiet` }),
          'Unhealthy debug-command-line',
          'none',
        ] as const,
    ),
    ['a word that only ends so', claimed({ 'command-line': 'xnokaslr' }), 'Healthy'],
  ],
  'reference-values-approval': [
    ...unattested,
    ['none waits', {}, 'Healthy'],
    ['never attested', { last: null }, 'NotApplicable never-attested'],
    ['some wait', { pendingApprovals: 2 }, 'Unhealthy waiting', 'none'],
    ['there are none', told('reference-values.missing'), 'Unhealthy missing', 'none'],
    ['learnt ones', told('reference-values.not-approved'), 'Unhealthy not-approved', 'none'],
  ],
  'stale-evidence': [
    ...unattested,
    ['just now', {}, 'Healthy'],
    ['at the limit', { answered: start + hour - 2 * hour }, 'Healthy'],
    ['beyond it', { answered: start + hour - 2 * hour - minute }, 'Unhealthy stale', 'attest'],
    ['never', { answered: null }, 'Unhealthy never-answered', 'attest'],
    [
      'never, and it does not run',
      { answered: null, isRunning: false },
      'NotApplicable not-running',
    ],
    ['nobody watches it', on({ hasExtension: false }), 'NotApplicable no-extension'],
  ],
}

for (const [id, cases] of Object.entries(tables))
  test(`${id} is judged by its table`, () => {
    const kind = RECOMMENDATIONS[id as RecommendationId]
    for (const [title, given, answer, fix] of cases) {
      const known = facts(given)
      const status = kind.assess(known, start + hour)
      const said = status.code === 'Healthy' ? 'Healthy' : `${status.code} ${status.cause}`
      assert.equal(said, answer, title)
      assert.equal(status.code === 'Unhealthy' ? kind.fix(known).kind : undefined, fix, title)
    }
  })

test('a status names what it is about', () => {
  const of = (id: RecommendationId, given: Partial<MachineFacts>) => {
    const status = RECOMMENDATIONS[id].assess(facts(given), start)
    return status.code === 'Healthy' ? '' : status.description
  }
  assert.match(of('signed-boot-components', told('grub.changed', 'shim.changed')), /GRUB, shim/)
  assert.match(of('certificate-rollover', authorities('KEK 2011')), /Missing: KEK 2023\./)
  assert.match(of('weak-keys', told('quote.sha1', 'secure-boot.weak')), /And 1 more\.$/)
  assert.match(of('debug-settings', claimed({ 'command-line': 'a nokaslr b' })), /has nokaslr\./)
  assert.match(of('vtpm', { setup: standard, unsupported: small }), /^Its size/)
})

test('a fix changes what is asked for and nothing else, and says what it interrupts', () => {
  const fixOf = (id: RecommendationId, given: Partial<MachineFacts>) =>
    RECOMMENDATIONS[id].fix(facts(given))
  const all = { securityType: 'TrustedLaunch', secureBootEnabled: true, vTpmEnabled: true }
  const change = (setup: object, interruption: string) => ({
    kind: 'change-security',
    setup,
    interruption,
  })
  assert.deepEqual(fixOf('secure-boot.linux', { setup: standard }), change(all, 'deallocate'))
  assert.deepEqual(
    fixOf('secure-boot.linux', on({ secureBootEnabled: false, vTpmEnabled: false })),
    change({ ...all, vTpmEnabled: false }, 'restart'),
  )
  assert.deepEqual(
    fixOf('vtpm', on({ secureBootEnabled: false, vTpmEnabled: false })),
    change({ ...all, secureBootEnabled: false }, 'restart'),
  )
  assert.deepEqual(fixOf('vtpm', { setup: standard }), change(all, 'deallocate'))
  assert.deepEqual(
    fixOf('trusted-launch', { kind: 'scale-set', setup: standard }),
    change(all, 'instances'),
  )
})

test('who would change PCR 7 is warned of disk encryption first', () => {
  for (const id of ['certificate-rollover', 'revocations'] as const)
    assert.match(RECOMMENDATIONS[id].remediation[0]!, /encryption may be bound to PCR 7/)
})

test('the good boot that all of this is made of is affirmed', () => {
  assert.deepEqual([good.tier, good.findings], ['affirming', []])
})
