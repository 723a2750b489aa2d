/**
 * Slack's incoming webhooks as a model: what they refuse, and what a channel shows after what they took. No I/O.
 * Facts: Slack's documentation of incoming webhooks, of Block Kit's blocks and text objects, and of escaping; the total of
 * block text as users met it.
 */
import * as z from 'zod'

const TEXT_MAX = 40_000
const BLOCKS_TEXT_MAX = 13_200

const mrkdwn = (max: number) =>
  z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(max),
    verbatim: z.boolean().optional(),
  })
const blockId = z.string().max(255).optional()

const section = z
  .strictObject({
    type: z.literal('section'),
    block_id: blockId,
    text: mrkdwn(3_000).optional(),
    fields: z.array(mrkdwn(2_000)).min(1).max(10).optional(),
  })
  .refine(({ text, fields }) => text !== undefined || fields !== undefined, 'a section needs text or fields')
const context = z.strictObject({
  type: z.literal('context'),
  block_id: blockId,
  elements: z.array(mrkdwn(3_000)).min(1).max(10),
})

const message = z.strictObject({
  text: z.string().min(1).max(TEXT_MAX),
  blocks: z
    .array(z.discriminatedUnion('type', [section, context]))
    .min(1)
    .max(50)
    .optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
})

type SlackMessage = z.infer<typeof message>

export interface SlackReply {
  readonly status: number
  readonly body: string
}

export class SlackModel {
  /** What the channel shows, in order. */
  readonly posted: SlackMessage[] = []

  /** Takes one body. */
  post(body: string): SlackReply {
    const read = message.safeParse(parsed(body))
    if (!read.success) {
      const inBlocks = read.error.issues.some(({ path }) => path[0] === 'blocks')
      return { status: 400, body: inBlocks ? 'invalid_blocks' : 'invalid_payload' }
    }
    const texts = textsOf(read.data)
    if (texts.join('').length > BLOCKS_TEXT_MAX) return { status: 400, body: 'msg_blocks_too_long' }
    this.posted.push(read.data)
    return { status: 200, body: 'ok' }
  }
}

/** All text of the blocks, as it was sent. */
export function textsOf({ blocks = [] }: SlackMessage): readonly string[] {
  return blocks.flatMap(block =>
    block.type === 'context'
      ? block.elements.map(({ text }) => text)
      : [block.text?.text ?? '', ...(block.fields ?? []).map(({ text }) => text)],
  )
}

/** Commands in Slack's markup that a text would carry out: links, mentions of people, groups, channels and everyone. */
export function markupIn(text: string): readonly string[] {
  return [...text.matchAll(/<([^<>]*)>/g)].map(([, inside = '']) => inside)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
