import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { useTexts } from '../texts/texts.ts'

const SHOWN_MS = 2_000

const useStyles = makeStyles({
  text: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    overflow: 'auto',
    maxHeight: '24rem',
    backgroundColor: tokens.colorNeutralBackground2,
    fontFamily: tokens.fontFamilyMonospace,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
})

/** Text that is typed or sent elsewhere, and a button that copies it. */
export function CodeBlock({ label, text }: { label: string; text: string }) {
  const texts = useTexts()
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return (
    <section aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre className={useStyles().text} tabIndex={0}>
        {text}
      </pre>
      <Button
        appearance="subtle"
        icon={isCopied ? <CheckmarkRegular /> : <CopyRegular />}
        onClick={copy}
      >
        {isCopied ? texts.copied : texts.copy}
      </Button>
    </section>
  )
}
