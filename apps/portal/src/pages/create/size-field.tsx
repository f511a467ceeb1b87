import { Button, Field, MessageBar, MessageBarBody } from '@fluentui/react-components'
import { lazy, Suspense, useState } from 'react'
import { Loading } from '../../components/states.tsx'
import { useTexts } from '../../texts/texts.ts'
import { useForm } from './form.ts'

const SizePicker = lazy(() => import('./size-picker.tsx'))

/** The size that is chosen; why it can't be had, as soon as that is known; and the way to the others. */
export function SizeField() {
  const { create, machines } = useTexts()
  const { draft, change, known } = useForm()
  const [isOpen, open] = useState(false)
  const { image, size } = known
  const shown = size === null ? draft.size : create.sizeWith(draft.size, size.vcpus, size.memoryGib)
  const fault = image === null ? undefined : size?.refusal?.message
  return (
    <>
      <Field
        label={machines.size}
        hint={image === null ? create.imageFirst : create.cost}
        {...(fault !== undefined && { validationState: 'error', validationMessage: fault })}
      >
        {(field) => (
          <Button
            aria-label={`${machines.size}: ${shown}`}
            aria-describedby={field['aria-describedby']}
            disabledFocusable={image === null}
            onClick={() => open(true)}
          >
            {shown}
          </Button>
        )}
      </Field>
      {size?.notices.map(({ code, message }) => (
        <MessageBar key={code} intent="warning" layout="multiline">
          <MessageBarBody>{message}</MessageBarBody>
        </MessageBar>
      ))}
      {isOpen && (
        <Suspense fallback={<Loading />}>
          <SizePicker
            onClose={() => open(false)}
            onChoose={(chosen) => {
              change({ size: chosen })
              open(false)
            }}
          />
        </Suspense>
      )}
    </>
  )
}
