/** Where OpenAI is asked, unless another server is named. Apart from the embedder, which loads OpenAI's package. */
export const OPENAI_URL = 'https://api.openai.com/v1';
