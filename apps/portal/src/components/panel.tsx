import { Card, Subtitle1 } from '@fluentui/react-components'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failed, Loading } from './states.tsx'

/** A card with a title, and what came of one question. */
export function Panel<T>(given: {
  title: string
  of: UseQueryResult<T>
  children: (data: T) => ReactNode
}) {
  const { title, of, children } = given
  return (
    <Card>
      <Subtitle1 as="h2">{title}</Subtitle1>
      {of.isPending && <Loading />}
      {of.isError && <Failed error={of.error} retry={of.refetch} />}
      {of.data !== undefined && children(of.data)}
    </Card>
  )
}
