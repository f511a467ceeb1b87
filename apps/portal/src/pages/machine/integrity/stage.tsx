import { Badge, Link, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components'
import {
  CheckmarkCircleFilled,
  DismissCircleFilled,
  QuestionCircleRegular,
  WarningFilled,
} from '@fluentui/react-icons'
import type { BootCertificate, BootView } from '@trusted-launch/api'
import { useState } from 'react'
import { Copyable } from '../../../components/copyable.tsx'
import { Properties } from '../../../components/properties.tsx'
import { Time } from '../../../components/time.tsx'
import { useTexts } from '../../../texts/texts.ts'
import type { Shown } from './boot-chain.tsx'
import { EventDialog } from './event-dialog.tsx'
import { visible } from './visible.ts'

const SHOWN_CHARS = 16

const useStyles = makeStyles({
  stage: {
    display: 'grid',
    gridTemplateColumns: '2rem minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
  },
  rail: { display: 'flex', flexDirection: 'column', alignItems: 'center' },
  line: { flexGrow: 1, width: '3px', minHeight: tokens.spacingVerticalL },
  icon: { fontSize: '1.5rem', lineHeight: 0 },
  body: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
    paddingBottom: tokens.spacingVerticalL,
  },
  head: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  expected: { color: tokens.colorPaletteGreenForeground1 },
  changed: { color: tokens.colorPaletteRedForeground1 },
  unexpected: { color: tokens.colorPaletteDarkOrangeForeground1 },
  'not-compared': { color: tokens.colorNeutralForeground3 },
  lineExpected: { backgroundColor: tokens.colorPaletteGreenBorder2 },
  lineOther: { backgroundColor: tokens.colorNeutralStroke1 },
  what: { overflowWrap: 'anywhere' },
})

const ICONS = {
  expected: CheckmarkCircleFilled,
  changed: DismissCircleFilled,
  unexpected: WarningFilled,
  'not-compared': QuestionCircleRegular,
} as const
const COLORS = {
  expected: 'success',
  changed: 'danger',
  unexpected: 'severe',
  'not-compared': 'informative',
} as const

/** One stage: the picture's node, and what is known of it. */
export function Stage({ of, boot, isLast }: { of: Shown; boot: BootView; isLast: boolean }) {
  const { boot: texts } = useTexts()
  const styles = useStyles()
  const [isOpen, open] = useState(false)
  const Icon = ICONS[of.verdict]
  const event = of.event === null ? undefined : boot.events[of.event]
  const line = of.verdict === 'expected' ? styles.lineExpected : styles.lineOther
  return (
    <li className={styles.stage}>
      <div className={styles.rail} aria-hidden="true">
        <span className={mergeClasses(styles.icon, styles[of.verdict])}>
          <Icon />
        </span>
        {!isLast && <span className={mergeClasses(styles.line, line)} />}
      </div>
      <div className={styles.body}>
        <div className={styles.head}>
          <Text weight="semibold">{of.stage}</Text>
          <Badge appearance="tint" color={COLORS[of.verdict]}>
            {texts.verdicts[of.verdict]}
          </Badge>
          <Text size={200}>
            {texts.pcr} {of.pcr}
          </Text>
          {event !== undefined && (
            <Link as="button" onClick={() => open(true)}>
              {texts.event} {of.event}
            </Link>
          )}
        </div>
        <Text className={styles.what}>
          <bdi>{visible(of.what)}</bdi>
        </Text>
        <Properties
          of={[
            ...(of.digest === null
              ? []
              : [
                  [
                    texts.digest,
                    <Copyable key="digest" text={of.digest} short={SHOWN_CHARS} />,
                  ] as const,
                ]),
            ...(of.signer === null ? [] : [[texts.signer, visible(of.signer)] as const]),
            ...(of.certificates.length === 0
              ? []
              : [[texts.certificates, <Certificates key="chain" of={of.certificates} />] as const]),
          ]}
        />
      </div>
      {isOpen && event !== undefined && (
        <EventDialog of={event} boot={boot} onClose={() => open(false)} />
      )}
    </li>
  )
}

/** The signer's first, then who issued it. */
function Certificates({ of }: { of: readonly BootCertificate[] }) {
  const { boot } = useTexts()
  return (
    <ol>
      {of.map(({ subject, sha256, notAfter, variable }) => (
        <li key={sha256}>
          {visible(subject)}, {boot.heldIn(visible(variable))}, {boot.until} <Time at={notAfter} />{' '}
          <Copyable text={sha256} short={SHOWN_CHARS} />
        </li>
      ))}
    </ol>
  )
}
