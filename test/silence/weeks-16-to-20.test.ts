import { liveThroughWeeks } from './weeks.ts'

liveThroughWeeks([16, 17, 18, 19, 20])
