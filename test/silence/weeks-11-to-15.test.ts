import { liveThroughWeeks } from './weeks.ts'

liveThroughWeeks([11, 12, 13, 14, 15])
