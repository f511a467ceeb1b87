import { Button, makeStyles, Tooltip, tokens } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { useTexts } from '../texts/texts.ts'

const SHOWN_MS = 2_000

const useStyles = makeStyles({
  text: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
})

/** An id or digest, and a button that copies all of it. `short`: so many characters of it are shown. */
export function Copyable({ text, short }: { text: string; short?: number }) {
  const texts = useTexts()
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  const isCut = short !== undefined && text.length > short
  return (
    <span>
      <span className={useStyles().text} title={isCut ? text : undefined}>
        {isCut ? `${text.slice(0, short)}…` : text}
      </span>
      <Tooltip content={isCopied ? texts.copied : texts.copy} relationship="label">
        <Button
          appearance="transparent"
          size="small"
          icon={isCopied ? <CheckmarkRegular /> : <CopyRegular />}
          onClick={copy}
        />
      </Tooltip>
    </span>
  )
}
