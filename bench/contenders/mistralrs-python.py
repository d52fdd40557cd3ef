"""mistralrs's own Python package on one GGUF file: as tramontane.mjs."""

import json
import os
import resource
import sys
import threading
import time

spec = json.loads(sys.argv[1])
# It reads them as it loads.
os.environ["RAYON_NUM_THREADS"] = os.environ["CANDLE_NUM_THREADS"] = str(spec["threads"])

from mistralrs import ChatCompletionRequest, Runner, Which  # noqa: E402

sending = threading.Lock()
work, wanted, figures = spec["workload"], set(spec["cases"]), {}

started = time.perf_counter()
folder, name = os.path.split(spec["model"])
runner = Runner(which=Which.GGUF(quantized_model_id=folder, quantized_filename=name))
figures["load"] = time.perf_counter() - started


def asking(content):
    return [{"role": "system", "content": work["system"]}, {"role": "user", "content": content}]


def run(messages, max_tokens):
    start, tokens, first, text = time.perf_counter(), 0, 0.0, ""
    request = ChatCompletionRequest(
        messages=messages, model="default", max_tokens=max_tokens, temperature=0.0, stream=True
    )
    # It refuses a second call while one is being taken in.
    with sending:
        chunks = runner.send_chat_completion_request(request)
    for chunk in chunks:
        if tokens == 0:
            first = time.perf_counter() - start
        tokens += 1
        text += chunk.choices[0].delta.content or ""
    total = time.perf_counter() - start
    return {"text": text, "tokens": tokens, "first": first, "rate": (tokens - 1) / (total - first) if tokens > 1 else 0}


run(asking("Say yes."), 4)
if wanted & {"decode", "firstToken"}:
    measured = run(asking(work["short"]), work["decodeTokens"])
    figures["firstToken"], figures["decode"] = measured["first"], measured["rate"]
for key in ("prefill500", "prefill2000"):
    if key in wanted:
        figures[key] = run(asking(work[key]), 8)["first"]
if "secondTurn" in wanted:
    turn = asking(work["chat"]["first"])
    reply = run(turn, work["chat"]["replyTokens"])["text"]
    following = turn + [{"role": "assistant", "content": reply}, {"role": "user", "content": work["chat"]["second"]}]
    figures["secondTurn"] = run(following, 8)["first"]
for count in work["streams"]:
    if not wanted & {f"streams{count}", f"streams{count}First"}:
        continue
    runs = [None] * count

    def stream(i):
        text = f"Story {count}-{i}. {work['short']}{' Please be kind.' * i}"
        runs[i] = run(asking(text), work["streamTokens"])

    start = time.perf_counter()
    threads = [threading.Thread(target=stream, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures[f"streams{count}"] = sum(each["tokens"] for each in runs) / (time.perf_counter() - start)
    figures[f"streams{count}First"] = max(each["first"] for each in runs)
figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps(figures))
