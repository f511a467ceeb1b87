import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Subtitle2,
  Text,
  tokens,
} from '@fluentui/react-components'
import type { BootEvent, BootView } from '@trusted-launch/api'
import { Copyable } from '../../../components/copyable.tsx'
import { Properties } from '../../../components/properties.tsx'
import { useTexts } from '../../../texts/texts.ts'
import { Findings } from './findings.tsx'
import { hexLines } from './hex-lines.ts'
import { pcrOf } from './pcr-of.ts'
import { visible } from './visible.ts'

const useStyles = makeStyles({
  surface: { maxWidth: 'min(60rem, 95vw)' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  raw: {
    margin: 0,
    maxHeight: '16rem',
    overflow: 'auto',
    padding: tokens.spacingHorizontalS,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
  },
})

/** One event: what its data says, its bytes, and what the checks say of it. */
export function EventDialog(given: { of: BootEvent; boot: BootView; onClose: () => void }) {
  const { of, boot, onClose } = given
  const texts = useTexts()
  const styles = useStyles()
  const shown = of.data.length / 2
  return (
    <Dialog open onOpenChange={(_, { open }) => open || onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>
            {texts.boot.event} {of.index}: {of.type}
          </DialogTitle>
          <DialogContent className={styles.content}>
            <Properties
              of={[
                [texts.boot.pcr, pcrOf(of.pcr)],
                [
                  texts.boot.digest,
                  of.digest === null ? texts.none : <Copyable key="digest" text={of.digest} />,
                ],
                [texts.boot.decoded, <bdi key="text">{visible(of.text)}</bdi>],
                ...of.notes.map((note) => [texts.machine.notices, visible(note)] as const),
              ]}
            />
            <Checks of={of} boot={boot} />
            <Subtitle2 as="h3">{texts.boot.raw}</Subtitle2>
            {shown < of.bytes && <Text>{texts.boot.shownBytes(shown, of.bytes)}</Text>}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
            <pre className={styles.raw} tabIndex={0}>
              {hexLines(of.data)}
            </pre>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{texts.close}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}

/** What speaks for and against it. */
function Checks({ of, boot }: { of: BootEvent; boot: BootView }) {
  const { boot: texts } = useTexts()
  const { status, rule, covers, vouchedFor } = of
  const stages = boot.chain.filter(({ event }) => event === of.index)
  const found = boot.findings.filter(
    ({ id, events }) => !/^(?:ima|module)\./.test(id) && events.includes(of.index),
  )
  return (
    <>
      <Subtitle2 as="h3">{texts.checks}</Subtitle2>
      <ul>
        <li>{vouchedFor && boot.isQuoted ? texts.vouchedFor : texts.notVouchedFor}</li>
        <li>{texts.worth[status]}</li>
        {rule !== null && <li>{texts.rule(rule)}</li>}
        {covers !== null && <li>{texts.covers(covers.start, covers.end)}</li>}
        {stages.map(({ stage, verdict }) => (
          <li key={stage}>{texts.asStage(stage, texts.verdicts[verdict])}</li>
        ))}
        {found.length === 0 && <li>{texts.nothingFound}</li>}
      </ul>
      <Subtitle2 as="h3">{texts.judgedBy}</Subtitle2>
      {of.checks.length === 0 && <Text>{texts.notJudged}</Text>}
      <ul>
        {of.checks.map(({ check, title, passed }) => (
          <li key={`${check} ${title}`}>
            {passed ? texts.passed(title, check) : texts.hasFound(title, check)}
          </li>
        ))}
      </ul>
      <Findings of={found} />
    </>
  )
}
