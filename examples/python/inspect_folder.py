# %% [markdown]
# # Inspect a folder
# Learns from a folder of good parts, inspects another one, and shows the scores and the worst parts. Run it as a script, or cell
# by cell where an editor knows `# %%`:
#
#     python inspect_folder.py GOOD NEW OUT [KEY=VALUE ...]

# %%
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import twinspect
from PIL import Image

good, new, out, *settings = sys.argv[1:]
options = dict(setting.split("=", 1) for setting in settings)
out = Path(out)
out.mkdir(parents=True, exist_ok=True)

# %% Learn. The model's file can be used by C, C++, C# and the command line as well.
model = twinspect.fit(good, out / "part.twin", options=options)
print(model)

# %% What the parts are compared with.
plt.figure(figsize=(3, 3))
plt.imshow(model.lead_image())
plt.title("lead image")
plt.axis("off")
plt.savefig(out / "lead.png")

# %% Inspect. Each result keeps its anomaly map; for thousands of large pictures keep `result.to_record()` instead.
with twinspect.Inspector(model) as inspector:
    results = inspector.inspect_many(new)
for record in results.to_records():  # pandas.DataFrame(results.to_records()) is a table of them
    print("{verdict:10} {score:8.2f}  {name}  {region_count} regions".format(**record))

# %% Scores, with the threshold that was found from the good parts alone.
scores = np.sort(results.scores)
threshold = model.thresholds.image
plt.figure(figsize=(6, 3))
plt.semilogy(scores, "o", color="0.4")
if threshold is not None:
    plt.axhline(threshold, color="tab:red", label=f"threshold {threshold:.1f}")
    plt.legend()
plt.xlabel("parts, by score")
plt.ylabel("score, standard deviations")
plt.tight_layout()
plt.savefig(out / "scores.png")

# %% The three worst: picture, anomaly map, and where the defects are.
worst = sorted(results, key=lambda result: -result.score)[:3]
figure, axes = plt.subplots(len(worst), 3, figsize=(9, 3 * len(worst)), squeeze=False)
for row, result in zip(axes, worst):
    picture = np.asarray(Image.open(result.name).convert("RGB"))
    row[0].imshow(picture)
    row[0].set_title(f"{Path(result.name).name}\n{result.verdict}, {result.score:.1f}", loc="left", fontsize=9)
    row[1].imshow(result.anomaly_map, cmap="magma", vmin=0, vmax=2 * (threshold or result.score))
    row[2].imshow(result.render(picture) if threshold is not None else picture)
    for region in result.regions:
        x, y, width, height = region.box
        row[2].add_patch(plt.Rectangle((x, y), width, height, fill=False, color="white"))
    for each in row:
        each.axis("off")
figure.tight_layout()
figure.savefig(out / "worst.png")
plt.show()
