import { Link as FluentLink } from '@fluentui/react-components'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** A link to a page of the portal. */
export function Go(given: { to: string; search?: Record<string, string>; children: ReactNode }) {
  const { to, search, children } = given
  return (
    <Link to={to} {...(search !== undefined && { search: search as never })}>
      <FluentLink as="span">{children}</FluentLink>
    </Link>
  )
}
