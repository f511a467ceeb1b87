import {
  Button,
  Checkbox,
  makeStyles,
  mergeClasses,
  Text,
  tokens,
} from '@fluentui/react-components'
import { useState } from 'react'
import { IntegrityBadge } from '../../../components/integrity-badge.tsx'
import { Time } from '../../../components/time.tsx'
import type { Attestation } from '../../../queries/integrity.ts'
import { useTexts } from '../../../texts/texts.ts'
import { useChosenBoot } from './chosen-boot.ts'
import { Comparison } from './comparison.tsx'
import type { PartGiven } from './parts.tsx'

const COMPARED = 2

const useStyles = makeStyles({
  line: {
    listStyleType: 'none',
    margin: 0,
    paddingLeft: tokens.spacingHorizontalL,
    borderLeft: `3px solid ${tokens.colorNeutralStroke1}`,
    maxHeight: '28rem',
    overflow: 'auto',
  },
  one: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    alignItems: 'center',
    padding: `${tokens.spacingVerticalXS} 0`,
  },
  current: { backgroundColor: tokens.colorNeutralBackground1Selected },
})

/** Every verdict that is kept, the newest first; one is looked at, any two are compared. */
export function History({ machine, history, boot }: PartGiven) {
  const texts = useTexts()
  const styles = useStyles()
  const [, choose] = useChosenBoot()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const mark = (name: string) =>
    setChosen(
      chosen.includes(name)
        ? chosen.filter((one) => one !== name)
        : [...chosen, name].slice(-COMPARED),
    )
  const [older, newer] = history
    .map(({ name }) => name)
    .filter((one) => chosen.includes(one))
    .reverse()
  return (
    <>
      <Text>{texts.boot.compareLead}</Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol className={styles.line} tabIndex={0} aria-label={texts.boot.parts.history}>
        {history.map((one) => (
          <li
            key={one.name}
            className={mergeClasses(styles.one, one.name === boot.id && styles.current)}
          >
            <Checkbox
              aria-label={`${texts.boot.chosen} ${one.properties.time}`}
              checked={chosen.includes(one.name)}
              onChange={() => mark(one.name)}
            />
            <Entry of={one} />
            <Button size="small" disabled={one.name === boot.id} onClick={() => choose(one.name)}>
              {texts.boot.look}
            </Button>
          </li>
        ))}
      </ol>
      {older !== undefined && newer !== undefined && (
        <Comparison id={machine.id} was={older} is={newer} />
      )}
    </>
  )
}

function Entry({ of }: { of: Attestation }) {
  const { tier, time, findings } = of.properties
  return (
    <>
      <Time at={time} />
      <IntegrityBadge of={tier} />
      <Text size={200}>{[...new Set(findings)].join(', ')}</Text>
    </>
  )
}
