import { Field, makeStyles, Textarea, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import type { Document } from '../../queries/plans.ts'
import { useTexts } from '../../texts/texts.ts'

const INDENT = 2
const DOCUMENT_MAX = 65_536

const useStyles = makeStyles({
  text: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    maxHeight: '60vh',
  },
})

interface Given {
  readonly value: Document
  /** Null: what is typed is no JSON. Absent: it cannot be changed. */
  readonly onChange?: (document: Document | null) => void
}

/** A document as it is kept. What is typed is told as soon as it is JSON; whether it may be so, the service says. */
export function JsonField({ value, onChange }: Given) {
  const { plans: words } = useTexts().govern
  const styles = useStyles()
  const [text, type] = useState(() => JSON.stringify(value, null, INDENT))
  const isRead = read(text) !== null
  return (
    <Field
      label={words.document}
      {...(!isRead && { validationState: 'error', validationMessage: words.notJson })}
    >
      <Textarea
        textarea={{ className: styles.text }}
        resize="vertical"
        rows={18}
        spellCheck={false}
        maxLength={DOCUMENT_MAX}
        readOnly={onChange === undefined}
        value={text}
        onChange={(_, data) => {
          type(data.value)
          onChange?.(read(data.value))
        }}
      />
    </Field>
  )
}

function read(text: string): Document | null {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
