import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { deleteSpool, getSpool, listSpool, putSpool } from './spool.ts'

beforeEach(freshStorage)

const hostId = 'host-one' as HostId
const post = (postId: string, receivedAt: number) => ({ postId, hostId, receivedAt })
const bytes = Uint8Array.of(0x1f, 0x8b, 0, 255)

it('gives a post back as it was put, and forgets it when deleted', async () => {
  const key = await putSpool(env.BUCKET, post('a1', TEST_NOW), bytes)
  expect(key).toBe('spool/01795521600000-a1')
  expect(await getSpool(env.BUCKET, key)).toEqual({ gzip: bytes, end: null })
  await deleteSpool(env.BUCKET, [key, 'spool/unknown'])
  expect(await getSpool(env.BUCKET, key)).toBeNull()
  await deleteSpool(env.BUCKET, [])
})

it('remembers how a sealed post ended', async () => {
  for (const end of ['complete', 'broken', 'too_large'] as const) {
    const key = await putSpool(env.BUCKET, post(end, TEST_NOW), bytes, end)
    expect(await getSpool(env.BUCKET, key)).toEqual({ gzip: bytes, end })
  }
})

it('lists posts oldest first, page by page, with all that their pointers say', async () => {
  for (const at of [3, 1, 2]) await putSpool(env.BUCKET, post(`p${at}`, TEST_NOW + at), bytes)
  await putSpool(env.BUCKET, post('p0', 5), bytes)
  const first = await listSpool(env.BUCKET, 3)
  expect(first.posts).toEqual([
    { key: 'spool/00000000000005-p0', ...post('p0', 5) },
    { key: `spool/0${TEST_NOW + 1}-p1`, ...post('p1', TEST_NOW + 1) },
    { key: `spool/0${TEST_NOW + 2}-p2`, ...post('p2', TEST_NOW + 2) },
  ])
  const second = await listSpool(env.BUCKET, 3, first.cursor)
  expect(second).toMatchObject({ posts: [{ postId: 'p3' }], cursor: null })
})

it('passes over objects that are none of its own', async () => {
  await env.BUCKET.put('spool/stranger', 'x')
  await env.BUCKET.put('spool/odd', 'x', { customMetadata: { postId: 'a', hostId: 'b', receivedAt: 'soon' } })
  expect(await listSpool(env.BUCKET, 10)).toEqual({ posts: [], cursor: null })
})
