"""Keys of models and of what is built around them."""

# ruff: noqa: E501 - a table, one key a row

from __future__ import annotations

from casb_cli.scan.detect.catalogue._keys import LOWER, Key, keyed
from casb_cli.scan.detect.examples import ALNUM, HEX, URLSAFE
from casb_cli.scan.detect.rules import Detector

_KEYS = (
    Key("anyscale-key", "Anyscale API key", "esecret_", ALNUM, 24, 40, "Anyscale documentation: API keys"),
    Key("brave-key", "Brave Search API key", "BSA", URLSAFE, 28, None, "Brave Search API documentation"),
    Key("cerebras-key", "Cerebras API key", "csk-", LOWER, 48, None, "Cerebras inference documentation"),
    Key("coze-token", "Coze access token", "pat_", ALNUM, 64, None, "Coze: personal access tokens"),
    Key("e2b-key", "E2B API key", "e2b_", HEX, 40, None, "E2B documentation: API key"),
    Key("elevenlabs-key", "ElevenLabs API key", "sk_", HEX, 48),
    Key("fireworks-key", "Fireworks API key", "fw_", ALNUM, 22, 26, "Fireworks documentation"),
    Key("friendli-token", "Friendli token", "flp_", ALNUM, 46, None, "Friendli: personal access tokens"),
    Key("groq-key", "Groq API key", "gsk_", ALNUM, 52),
    Key("google-ai-key", "Google AI key", "AQ.Ab8", URLSAFE, 40, 60, "Gemini API: authorization keys"),
    Key("helicone-key", "Helicone API key", "sk-helicone-", ALNUM + "-", 32, 40, "Helicone documentation"),
    Key("jina-key", "Jina API key", "jina_", URLSAFE, 60, None, "Jina documentation"),
    Key("kaggle-token", "Kaggle API token", "KGAT_", HEX, 32, None, "Kaggle: API tokens"),
    Key("llama-cloud-key", "LlamaCloud API key", "llx-", URLSAFE, 48, None, "LlamaCloud: API keys"),
    Key("langfuse-key", "Langfuse secret key", "sk-lf-", HEX + "-", 36),
    Key("langsmith-key", "LangSmith API key", "lsv2_pt_", HEX + "_", 43),
    Key("langsmith-service-key", "LangSmith service key", "lsv2_sk_", HEX + "_", 43, None, "LangSmith documentation"),
    Key("model-service-key", "Key of a model service", "sk-", HEX, 32, None, "DeepSeek, Alibaba Model Studio: API keys"),
    Key("minimax-key", "MiniMax API key", "sk-api-", URLSAFE, 80, 140, "MiniMax: API keys"),
    Key("moonshot-key", "Moonshot or Stability API key", "sk-", ALNUM, 48, None, "Moonshot, Stability: API keys"),
    Key("nvidia-key", "NVIDIA API key", "nvapi-", URLSAFE, 60, 70),
    Key("openrouter-key", "OpenRouter API key", "sk-or-v1-", HEX, 64),
    Key("perplexity-key", "Perplexity API key", "pplx-", ALNUM, 48),
    Key("pinecone-key", "Pinecone API key", "pcsk_", ALNUM + "_", 60, 90),
    Key("replicate-token", "Replicate API token", "r8_", ALNUM, 37),
    Key("runpod-key", "RunPod API key", "rpa_", ALNUM, 30, 48, "RunPod documentation: API keys"),
    Key("runway-key", "Runway API key", "key_", HEX, 128, None, "Runway documentation: API keys"),
    Key("tavily-key", "Tavily API key", "tvly-|tvly-dev-|tvly-prod-", ALNUM, 32, None, "Tavily documentation"),
    Key("together-key", "Together API key", "tgp_v1_", URLSAFE, 43, None, "Together documentation"),
    Key("wandb-key", "Weights & Biases key", "wandb_v1_", URLSAFE, 60, 90, "Weights & Biases documentation"),
    Key("xai-key", "xAI API key", "xai-", URLSAFE, 70, 120),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = tuple(map(keyed, _KEYS))
