/** Where PagerDuty's webhook subscription sends to. */
export const PAGERDUTY_WEBHOOK_PATH = '/api/v1/webhooks/pagerduty'
