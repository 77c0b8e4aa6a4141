// npm runs this after `npm ci` and `npm install`, so that the set-up knows what node_modules was made from.
import { writeInstallStamp } from './bootstrap.mjs';

writeInstallStamp();
