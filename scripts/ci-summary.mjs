// Sums up a CI run: `ci-summary.mjs JEST_JSON FAILED_STEPS`, where a failed step is a check or a command beside Jest.
// The last line is `N passed, N failed, N skipped`; the status is 0 only where tests ran and nothing failed.
import { readFileSync } from 'node:fs';

const [reportFile = '', failedSteps = '0'] = process.argv.slice(2);
const report = readReport(reportFile);
const passed = report.numPassedTests;
const skipped = report.numPendingTests + report.numTodoTests;
// A test file that does not load has no tests to fail, so it counts itself.
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + Number(failedSteps);

for (const { name } of report.testResults.filter(({ status }) => status === 'failed')) console.log(`failed: ${name}`);
if (passed === 0) console.log('no test passed, so nothing is proved');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.log(`Jest left no report: ${error.message}`);
    const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    return { ...none, numRuntimeErrorTestSuites: 0, testResults: [] };
  }
}
