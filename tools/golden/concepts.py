#!/usr/bin/env python3
"""tests/golden/concepts/FAMILY.tsv, the rows listed here: the answers of glossary entries by the functions of other libraries.

    oracle/bin/python tools/golden/concepts.py

needs sacrebleu, seqeval, scipy, networkx, scikit-learn, transformers and lm_eval 0.4.13 (--no-deps will do) beside what common.py names.
Every row below is an entry of the glossary: its id, other names that must find
it, and the answers of its example in order; the inputs stand here again, so that a changed example shows as a failing test. Rows of a
family's file that are not listed here are kept: they come from the table of ideas, worked out when the glossary was begun."""
import itertools

import numpy as np
import seqeval.metrics as tagging
import torch
from lm_eval.utils import get_rolling_token_windows
from sacrebleu.metrics import CHRF, TER
from sacrebleu.significance import PairedTest
from scipy import stats
from scipy.optimize import brentq
from scipy.special import gammaln
from sklearn import cluster, decomposition, linear_model, metrics, naive_bayes
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import Adafactor, LlamaConfig
from transformers.models.bloom.modeling_bloom import _get_alibi_slopes
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func
from transformers.generation.logits_process import MinPLogitsWarper, TypicalLogitsWarper

from common import GOLDEN
from lexrank import central

torch.set_default_dtype(torch.float64)
F = torch.nn.functional
ROWS = {}


def row(family, id_, names, *answers):
    """answers: numbers, lists of numbers, words."""
    flat = []
    for a in answers:
        if isinstance(a, str):
            flat.append(a)
        else:
            flat += [f"{float(v):.9g}" for v in np.ravel(a.double() if isinstance(a, torch.Tensor) else a)]
    ROWS.setdefault(family, {})[id_] = "\t".join([id_, names, ",".join(flat)])


def value_and_slope(f, x):
    leaf = torch.tensor(x, requires_grad=True)
    y = f(leaf)
    (slope,) = torch.autograd.grad(y.sum(), leaf)
    return y.detach(), slope


# task
start, end = np.array([.5, 2, 3, 1]), np.array([.2, 1, .5, 2.5])
spans = {(i, j): start[i] + end[j] for i in range(4) for j in range(i, min(4, i + 2))}
best = max(spans, key=spans.get)
row("task", "answer-span", "span score,start and end logits", *best, spans[best], np.exp(spans[best]) / sum(np.exp(v) for v in spans.values()))
three = ["the cat sat on the mat", "the cat chased a dog on the mat", "a dog barked"]
row("task", "lexrank", "extractive summary,central sentences", *central(three), three[int(np.argmax(central(three)))])
words = Tokenizer(models.WordLevel({"a": 0}, "a"))
words.pre_tokenizer = pre_tokenizers.Whitespace()
words.enable_truncation(368, stride=128)
cut = words.encode("a " * 900)
row("task", "doc-stride", "stride of windows,sliding windows of a text", 1 + len(cut.overflowing), len(cut.ids) + sum(len(w.ids) for w in cut.overflowing))
p = F.softmax(torch.tensor([1, 2.5, .3]), 0)
row("task", "answer-choice", "choice head", p.argmax(), p[1], -p[1].log())
asked = list(zip([-4, -1, 2, .5, 3], ["right", "none", "right", "wrong", "none"]))
at = {t: 20 * sum(truth == "none" if margin > t else truth == "right" for margin, truth in asked) for t in [0] + sorted(m for m, _ in asked)}
row("task", "no-answer", "null score difference,unanswerable questions", at[0], max(at.values()), min(t for t in at if at[t] == max(at.values())))
# act, nn
row("act", "sigmoid", "logistic function,logistic sigmoid,expit", *value_and_slope(torch.sigmoid, 2.0))
row("act", "tanh", "hyperbolic tangent", *value_and_slope(torch.tanh, 1.0))
# llm
row("llm", "contextual-calibration", "calibrate before use", torch.softmax(torch.tensor([.6, .4]).log() - torch.tensor([.8, .2]).log(), 0))
# seq
row("seq", "teacher-forcing", "scheduled sampling,teacher forcing ratio", stats.binom.pmf(10, 10, .95), stats.binom.pmf(10, 10, .9))
layers = torch.nn.Sequential(*[torch.nn.Conv1d(1, 1, 3, dilation=2 ** i) for i in range(5) for _ in range(2)])
row("seq", "tcn", "TCN,dilated causal convolution", 1 + sum(c.dilation[0] * (c.kernel_size[0] - 1) for c in layers), 1 + 10 * 2)
words, window = torch.tensor([[1.0, 0], [0, 1], [1, 1], [0, 0]]), torch.tensor([[1.0, -1], [0, 2]])
heard = F.relu(F.conv1d(words.T[None], window.T[None], torch.tensor([-0.5]))).flatten()
row("seq", "text-cnn", "Kim's CNN,max-over-time pooling,TextCNN", heard, heard.max(), heard.argmax() + 1)
glu = F.glu(torch.tensor([2.0, 0.0]), 0).item()
row("seq", "conv-seq2seq", "ConvS2S,convolutional seq2seq", (1 + glu) * np.sqrt(.5), 2 ** 10, 1)
text = "the café closes"
row("eval", "bits-per-byte", "BPB,bits a byte,word perplexity,byte perplexity", 12 / np.log(2) / len(text.encode()), np.exp(12 / 4),
    np.exp(12 / len(text.split())))
windows = list(get_rolling_token_windows(list(range(11)), 0, 6, 6 - 2 + 1))
before = [len(read) - i for read, asked in windows for i in range(len(asked))]
row("eval", "strided-perplexity", "sliding window perplexity,rolling log-likelihood,stride", len(windows), np.mean(before))
lls, choices = np.array([-4, -9, -4.2]), ["sea", "ocean-depths", "海洋"]
row("eval", "acc-norm", "multiple choice,length-normalised accuracy,acc_norm,acc_bytes", np.argmax(lls) + 1, np.argmax(lls / [len(c) for c in choices]) + 1,
    np.argmax(lls / [len(c.encode()) for c in choices]) + 1)
one = torch.tensor(1.0)
row("act", "gelu", "Gaussian error linear unit,SiLU,Swish", F.gelu(one), F.gelu(one, approximate="tanh"), F.silu(one))
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
row("act", "mlp", "multilayer perceptron,MLP,feed-forward,fully connected network,XOR,universal approximation,perceptron",
    np.maximum(corners @ [[1, 1], [1, 1]] + [0, -1], 0) @ [1, -2])
z = torch.tensor([1.0, 2]) @ torch.tensor([0.5, -1]) + 2
row("att", "alibi", "attention with linear biases,linear biases,BLOOM", *(_get_alibi_slopes(8, "cpu")[0] * torch.tensor([1.0, 3.0])))
q, k, u, v, R = (torch.tensor(x) for x in ([1.0, 0], [1.0, 1], [0, 0.5], [0.5, 0], [np.sin(1), np.cos(1)]))
parts = [q @ k, q @ R, u @ k, v @ R]
row("att", "relative-score", "relative positional encoding,relative position,Transformer-XL attention", *parts, (q + u) @ k + (q + v) @ R)
long = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=4096)
turns, stretched = [LlamaRotaryEmbedding(LlamaConfig(head_dim=128, max_position_embeddings=16384, rope_parameters=p)) for p in ({"rope_type": "default"}, long)]
row("att", "rotary-scaling", "YaRN,RoPE scaling,position interpolation,NTK by parts",
    *(f"{float(v):.5g}" for v in (4096 * turns.inv_freq[30] / (2 * np.pi), stretched.inv_freq[30], stretched.attention_scaling)))
row("att", "parallel-residual", "parallel block,parallel attention and feed-forward,GPT-NeoX,Pythia", 1 + 0.5 + 0.2, (1 + 0.5) * (1 + 0.2), 0.5 * 0.2)
row("nn", "neuron", "artificial neuron,unit,activation function", torch.relu(z), torch.tanh(z), torch.sigmoid(z), z)
row("nn", "relu", "rectified linear unit,rectifier", *value_and_slope(torch.relu, [-2.0, 3]))


def walk(make, slopes):
    w = torch.tensor([1.0], requires_grad=True)
    optimizer, places = make([w]), []
    for g in slopes:
        w.grad = torch.tensor([float(g)])
        optimizer.step()
        places.append(w.item())
    return places


adam = walk(lambda p: torch.optim.Adam(p, lr=0.1), [2.0, -1])
row("nn", "adam", "AdamW,optimiser", adam[0], adam[-1])
weights = torch.tensor([30.0, -40.0, 0.0, 50.0], requires_grad=True)
weights.grad = torch.ones(4)
Adafactor([weights], lr=0.01, scale_parameter=True, relative_step=False).step()
row("nn", "relative-step", "scaled learning rate", ((30**2 + 40**2 + 50**2) / 4) ** 0.5, 30 - weights[0].item())
kept = F.dropout(torch.ones(100), 0.5)
row("nn", "dropout", "dropping units", kept.max())
row("nn", "epoch", "pass over the data,batch", 100 * 32 / 1000, len(torch.utils.data.DataLoader(range(1000), batch_size=32)))

# opt
slopes = np.array([4.0, -2, 6, 0])
row("opt", "mini-batch", "batch size,minibatch,stochastic gradient descent",
    np.std([np.mean(pair) for pair in itertools.combinations(slopes, 2)]), slopes.mean())
row("opt", "momentum", "heavy ball,Nesterov momentum,SGD with momentum",
    *[walk(lambda p: torch.optim.SGD(p, lr=0.1, **how), [1.0, 1, 1])[-1]
      for how in (dict(momentum=0.9), dict(momentum=0.9, nesterov=True), {})])
optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1000 - 100, eta_min=1e-4)
for _ in range(400 - 100):
    optimizer.step(), cosine.step()
row("opt", "schedule", "warmup,warm-up,cosine schedule,cosine decay,learning-rate schedule", cosine.get_last_lr())
w = torch.zeros(2, requires_grad=True)
w.grad = torch.tensor([3.0, 4])
norm = torch.nn.utils.clip_grad_norm_([w], 1.0)
row("opt", "gradient-clipping", "grad clip,gradient norm clipping,clipping", norm, w.grad[0] / 3, w.grad)
dev, train, patience = [2.9, 2.6, 2.4, 2.3, 2.35, 2.45, 2.6, 2.8], [2.8, 2.45, 2.2, 2, 1.85, 1.7, 1.6, 1.5], 2
best = int(np.argmin(dev))  # the losses fall to it and rise after it
row("opt", "early-stopping", "patience", best + 1, best + patience + 1, dev[best] - train[best])
p = torch.tensor([[0.7, 0.2, 0.1]])
row("opt", "label-smoothing", "soft targets,smoothed labels", F.cross_entropy(p.log(), torch.tensor([0]), label_smoothing=0.1))

# data
x = np.array([2, 3, 3, 4, 5, 30])
row("data", "mean", "average,arithmetic mean,median,mean and median", x.mean(), np.median(x))
x = np.array([2, 4, 4, 4, 5, 5, 7, 9])
row("data", "standard-deviation", "sd,std,sample variance,standard deviation,Bessel's correction", x.std(ddof=1), x.std(), x.var(ddof=1))
x = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 20])
row("data", "quantile", "percentile,quartile,interquartile range,IQR,box plot", np.quantile(x, 0.9), stats.iqr(x))
x, y = np.array([1, 2, 3, 4, 5]), np.array([2, 1, 4, 3, 7])
row("data", "correlation", "Pearson correlation,correlation coefficient,covariance,Spearman correlation",
    stats.pearsonr(x, y)[0], stats.spearmanr(x, y)[0], np.cov(x, y)[0, 1])
row("data", "normal-distribution", "Gaussian distribution,Gaussian,bell curve,normal", stats.norm.cdf(1.5), stats.norm.pdf(1.5))
row("data", "central-limit-theorem", "CLT,central limit", stats.gamma.sf(1.5, 10, scale=0.1), stats.norm.sf(1.5, 1, 10**-0.5))
coin = stats.binom(100, 0.5)
row("data", "law-of-large-numbers", "LLN,law of averages,gambler's fallacy", coin.pmf(range(45, 56)).sum(), coin.std() / 100, coin.std())
x, y = np.array([5.1, 4.9, 5.6, 5.8, 5.2]), np.array([4.3, 4.8, 4.6, 5, 4.4])
row("data", "standard-error", "standard error of the mean,SEM,confidence interval,margin of error",
    stats.sem(x), *stats.ttest_1samp(x, 0).confidence_interval(0.95))

# test
row("test", "t-test", "Student's t-test,Welch's t-test,two-sample t-test,ttest", *stats.ttest_ind(x, y, equal_var=False))
groups = np.array([[4, 5, 6], [6, 7, 8], [5, 9, 7]])
between = 3 * ((groups.mean(1) - groups.mean()) ** 2).sum()
row("test", "anova", "ANOVA,F-test,analysis of variance", *stats.f_oneway(*groups), between / ((groups - groups.mean()) ** 2).sum())
table = np.array([[30, 10], [20, 20]])
row("test", "chi-squared-test", "chi-square test,chi squared,contingency table",
    *stats.chi2_contingency(table, correction=False)[:2], stats.contingency.association(table, method="cramer"))
d = (x.mean() - y.mean()) / np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)
row("test", "effect-size", "Cohen's d,Hedges' g", d, d * np.exp(gammaln(4) - gammaln(3.5)) / np.sqrt(4))


def power(n, effect=0.5, alpha=0.05):
    df, shift = 2 * n - 2, effect * np.sqrt(n / 2)
    critical = stats.t.isf(alpha / 2, df)
    return stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift)


row("test", "power", "statistical power,sample size,type II error", power(30), brentq(lambda n: power(n) - 0.8, 10, 200, xtol=1e-10))
# of all n^n resamples, by trying them
row("test", "bootstrap", "bootstrapping,resampling", np.std([np.mean(r) for r in itertools.product(x, repeat=5)]))
x, y = np.array([5.1, 4.9, 5.6]), np.array([4.3, 5, 4.6])
row("test", "permutation-test", "randomisation test,shuffling labels",
    stats.permutation_test((x, y), lambda a, b: np.mean(a) - np.mean(b)).pvalue, x.mean() - y.mean(), 0.1)

# score, cls
counts = np.array([[50, 10], [5, 35]])
truth, said = (np.repeat([0, 0, 1, 1], counts.ravel()), np.repeat([0, 1, 0, 1], counts.ravel()))
row("score", "confusion-matrix", "error matrix,true positive,false positive,Cohen's kappa,Matthews correlation,specificity",
    *[f(truth, said) for f in (metrics.accuracy_score, metrics.balanced_accuracy_score, metrics.cohen_kappa_score, metrics.matthews_corrcoef)])
truth, said = np.repeat([1, 0, 1], [8, 2, 12]), np.repeat([1, 1, 0], [8, 2, 12])
row("score", "precision", "recall,F1,F1 score,precision and recall,sensitivity",
    *[f(truth, said) for f in (metrics.precision_score, metrics.recall_score, metrics.f1_score)])
row("score", "roc", "AUC,ROC AUC,ROC curve,receiver operating characteristic",
    metrics.roc_auc_score([1] * 4 + [0] * 5, [0.9, 0.8, 0.55, 0.4, 0.7, 0.5, 0.3, 0.2, 0.1]))
p, came = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.array([0.05, 0.2, 0.45, 0.8, 0.97])
row("score", "calibration", "reliability diagram,expected calibration error,Brier score", np.abs(p - came).mean(),
    metrics.brier_score_loss([1] * 5 + [0] * 5, np.tile(p, 2), sample_weight=np.concatenate([came, 1 - came])))
y, f = [3, 5, 7, 10], [2.8, 5.1, 7.5, 9.4]
row("score", "r-squared", "R2,R squared,coefficient of determination", metrics.r2_score(y, f), metrics.mean_squared_error(y, f))
row("score", "mean-absolute-error", "MAE,RMSE,root mean squared error", metrics.mean_absolute_error(y, f), metrics.root_mean_squared_error(y, f))
y, f = [0] * 8 + [1] * 2, [0] * 10
row("cls", "accuracy", "share of right answers,error rate", metrics.accuracy_score(y, f), np.bincount(y).max() / 10, metrics.balanced_accuracy_score(y, f))

# model, lin
x, y = np.arange(1.0, 6)[:, None], np.array([2, 4, 5, 4, 6])
line = linear_model.LinearRegression().fit(x, y)
row("model", "linear-regression", "least squares,OLS,regression line,regression", line.coef_, line.intercept_, line.predict([[6.0]]))
share = np.array([0.1, 0.3, 0.4, 0.8, 0.9])
bent = linear_model.LogisticRegression(C=np.inf, tol=1e-14, max_iter=10000, solver="newton-cholesky")
bent.fit(np.vstack([x, x]), [1] * 5 + [0] * 5, sample_weight=np.concatenate([share, 1 - share]))
row("model", "logistic-regression", "logit model,logistic classifier", bent.coef_, bent.intercept_, bent.predict_proba([[3.5]])[0, 1])
mails = np.array([[6, 3, 1]] + [[0] * 3] * 3 + [[1, 2, 7]] + [[0] * 3] * 5)
row("model", "naive-bayes", "multinomial naive Bayes,spam filter",
    naive_bayes.MultinomialNB().fit(mails, [1] * 4 + [0] * 6).predict_proba([[1, 1, 0]])[0, 1])
groups = cluster.KMeans(2, n_init=10, random_state=0).fit(np.array([[1.0], [2], [3], [8], [9], [13]]))
# A tagger's loss, where pieces that go on with a word have the label that is ignored. One class, whose probability is the right tag's.
pieces = ["Ada", "Love", "##lace", "spoke"]
labels = torch.tensor([-100 if p.startswith("##") else 0 for p in pieces])
row("task", "token-classification", "sequence labelling,first piece",
    F.nll_loss(torch.tensor([[0.9], [0.8], [0.5], [0.6]]).log(), labels, ignore_index=-100).item(), "B-PER", "I-PER", "nothing", "O")
row("model", "k-means", "kmeans,Lloyd's algorithm,clustering,centroid", groups.inertia_, np.sort(groups.cluster_centers_.ravel()))
pca = decomposition.PCA().fit([[1, 1], [2, 3], [3, 2], [4, 5], [5, 4]])
row("lin", "pca", "PCA,principal component analysis,SVD,singular value decomposition", pca.explained_variance_ratio_[0],
    np.sqrt(pca.explained_variance_[0]))

# seq
def cell(kind, scores, u, *state):
    c = kind(1, 1)
    for name, parameter in c.named_parameters():
        torch.nn.init.zeros_(parameter)
        if name == "bias_ih":
            parameter.data = torch.tensor(scores)
        if name == "weight_hh":
            parameter.data[-1] = u
    state = tuple(torch.tensor([[s]]) for s in state)
    with torch.no_grad():
        return c(torch.zeros(1, 1), state if len(state) > 1 else state[0])


h, c = cell(torch.nn.LSTMCell, [0.0, 3, 1, 1], 0.0, 0.0, 0.8)
row("seq", "lstm", "long short-term memory,forget gate", c, h)
row("seq", "gru", "gated recurrent unit,update gate", cell(torch.nn.GRUCell, [0.0, 1, 0.5], 1.0, 0.8), cell(torch.nn.GRUCell, [0.0, -500, 0.5], 1.0, 0.8))

# draw: float32, so six digits
logits = torch.tensor([2.0, 1, 0, -1])
p = logits.softmax(0)


def shaped(p):
    return [f"{v:.6f}" for v in (p / p.sum()).tolist()]


row("draw", "temperature", "sampling temperature,softmax temperature", *shaped((logits / 0.5).softmax(0)))
row("draw", "top-k", "top k,top-k sampling", *shaped(torch.where(p >= p.topk(2).values[-1], p, 0)))
nucleus = p.cumsum(0) - p < 0.9  # the logits fall, so places are ranks
row("draw", "top-p", "nucleus sampling,nucleus,top p", *shaped(torch.where(nucleus, p, 0)))
row("draw", "min-p", "minimum probability sampling", *shaped(MinPLogitsWarper(0.2)(None, logits[None])[0].softmax(0)))
row("draw", "typical-p", "typical sampling,locally typical decoding", *shaped(TypicalLogitsWarper(0.5)(None, logits[None])[0].softmax(0)))
first, following = np.array([0.6, 0.4]), np.array([[0.5, 0.5], [0.9, 0.1]])
row("draw", "greedy-decoding", "greedy search,greedy sampling", first.max() * following[first.argmax()].max(), (first[:, None] * following).max())
row("draw", "beam-search", "beams,beam decoding", (first[:, None] * following).max(), first.max() * following[first.argmax()].max())

x = torch.tensor([2.0, 1, -1]) - torch.tensor([3.0, 0, 1]) * 0.5 - torch.tensor([1.0, 0, 1]) * 0.2
row("draw", "repetition-penalty", "frequency penalty,presence penalty", x, *shaped(x.softmax(0)))
accepted = 0.6 ** np.arange(5)
row("draw", "prompt-lookup", "n-gram speculation,speculative decoding", accepted.sum(), 5 / accepted.sum())
score = 0.4 * np.array([0.5, 0.3, 0.1]) - 0.6 * np.array([0.95, 0.4, 0.3])
row("draw", "contrastive-search", "degeneration penalty", score, score.argmax())

# --- mixtures of experts
scores = torch.tensor([[2., 0.], [1., 0.], [3., 0.], [0., 1.]], dtype=torch.float64)
chosen = torch.nn.functional.one_hot(scores.argmax(1), 2).double()
loss = 2 * (chosen.mean(0) * scores.softmax(1).mean(0)).sum()
assert abs(loss - load_balancing_loss_func((scores,), num_experts=2, top_k=1)) < 1e-6  # in float32
row("llm", "balancing-loss", "auxiliary loss,load balancing loss", loss, 2 / 1)
row("llm", "upcycling", "upcycling", 5, 4 + 4 * 8, 4 + 2 * 8)

# --- text infilling, sentence permutation, where norms stand
spans = stats.poisson(3)
row("llm", "text-infilling", "infilling,span masking", 0.3 * 100 / spans.mean(), spans.pmf(0), spans.pmf(1))
orders = list(itertools.permutations(range(4)))
follow = np.mean([sum(b == a + 1 for a, b in zip(o, o[1:])) for o in orders])
row("llm", "sentence-permutation", "sentence shuffling", len(orders), orders.count((0, 1, 2, 3)) / len(orders), follow)
x = torch.tensor([1.0, 3.0])
row("norm", "post-norm", "pre-norm,post-LN", F.layer_norm(x + 2 * x, (2,), eps=1e-12), x + 2 * F.layer_norm(x, (2,), eps=1e-12))

weight = torch.tensor(3.14159265, dtype=torch.float32)
alone, master = weight.bfloat16(), weight.clone()
for _ in range(100):
    alone, master = alone + 0.001, master + 0.001
row("ada", "bf16", "bfloat16,mixed precision,master weights", weight.bfloat16(), alone, master.bfloat16())

said, known = torch.tensor([1.0, 0, 0], requires_grad=True), torch.tensor([4.0, 2, 0])
soft = 4 * F.kl_div(F.log_softmax(said / 2, -1), F.softmax(known / 2, -1), reduction="sum")
row("ada", "distillation-loss", "dark knowledge,temperature in distillation", soft.detach(), *torch.autograd.grad(soft, said)[0][:2])

from peft import IA3Config, LoraConfig, get_peft_model

def adapted(weight, config, **values):  # a Linear (out, in) without bias in peft, with these numbers in what learns beside it
    net = torch.nn.Sequential(torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)).double()
    net[0].weight.data = weight
    model = get_peft_model(net, config)
    for name, p in model.named_parameters():
        for part, value in values.items():
            if part in name:
                p.data = value.reshape(p.shape).double()
    return model

turning = adapted(torch.tensor([[3.0, 4]]), LoraConfig(r=1, lora_alpha=1, target_modules=["0"], use_dora=True), lora_A=torch.tensor([1.0, -1]),
                  lora_B=torch.ones(1), magnitude=torch.tensor([10.0]))
row("ada", "dora", "weight-decomposed low-rank adaptation", turning(torch.eye(2)).detach().flatten())
louder = adapted(torch.tensor([[1.0, 2], [3, -1]]), IA3Config(target_modules=["0"], feedforward_modules=[]), ia3_l=torch.tensor([.5, 2]))
row("ada", "ia3", "(IA)^3,IA^3,infused adapter", louder(torch.tensor([[2.0, 1]])).detach().flatten(), louder(torch.eye(2))[:, 0].detach())
from peft.utils.merge_utils import task_arithmetic, ties

changed = [torch.tensor([v]) for v in (.5, -.2, .3)]
row("ada", "task-vector", "task arithmetic,model arithmetic", 1 + task_arithmetic([torch.tensor([1.4 - 1]), torch.tensor([.7 - 1])], torch.ones(2)))
row("ada", "ties", "TIES-Merging", ties(changed, torch.ones(3), density=1.0), torch.stack(changed).mean(0))
row("ada", "qlora", "LoRA over a quantised model", 7e9 * 18 / 32 / 1e9, 16 * 4e6 / 1e9)
# the farthest is -8 d, so d is 1
held, slopes = value_and_slope(lambda w: torch.fake_quantize_per_tensor_affine(w.float(), 1.0, 0, -8, 7).double(), [-8, 7.4, 7.6])
row("ada", "qat", "QAT,fake quantisation", held, slopes)
block = torch.tensor([.25, -.5, 1, -1.25])
row("ada", "ternary", "1.58 bits,BitNet b1.58", block.abs().mean(), (block / block.abs().mean()).round().clamp(-1, 1) * block.abs().mean())
scale = np.linalg.lstsq(np.array([[3], [1 * 3]]), np.array([1, .3 * 3]), rcond=None)[0][0]  # rows times the roots of importance
row("ada", "importance-matrix", "imatrix,K quants", scale, (1 - 3 * scale) ** 2 + 9 * (.3 - scale) ** 2)

# vec
around, middle = np.array([[1, 0], [0, 2]]), np.array([1, 1])
row("vec", "cbow", "CBOW", around.mean(0), around.mean(0) @ middle, torch.sigmoid(torch.tensor(around.mean(0) @ middle)))
given = torch.tensor([1, 0.5], requires_grad=True)
sampled = -F.logsigmoid(torch.tensor([2.0, 1]) @ given) - F.logsigmoid(-torch.tensor([[0.0, 1], [-1, 1]]) @ given).sum()
row("vec", "negative-sampling", "SGNS,skip-gram with negative sampling", sampled.detach(), *torch.autograd.grad(sampled, given))
heap, depth = [(c, [w]) for w, c in enumerate([8, 4, 2, 1, 1])], np.zeros(5)
while len(heap) > 1:
    heap.sort(key=lambda node: node[0])
    (a, left), (b, right) = heap[:2]
    depth[left + right] += 1
    heap = heap[2:] + [(a + b, left + right)]
row("vec", "hierarchical-softmax", "", depth[4], np.average(depth, weights=[8, 4, 2, 1, 1]))
part, centroid = np.array([[0.9, 0.1], [-0.8, 0.7]]), np.array([[1, 0], [-1, 1], [0, -1]])
off = ((part[:, None] - centroid) ** 2).sum(-1)
row("vec", "product-quantization", "PQ,product quantization", off.argmin(1) + 1, off.min(1).sum())
table = F.normalize(torch.tensor([[1, 0], [1, 2], [0.2, 1], [0.3, 3], [-2, 0.1]]))
asked = table @ (table[1] - table[0] + table[2])
asked = asked / (table[1] - table[0] + table[2]).norm()
row("vec", "word-analogy", "3CosAdd,king - man + woman", f"{float(asked[3:].max()):.7f}",  # tables are f32
    ["queen", "apple"][int(asked[3:].argmax())])
# metrics of text
candidate, reference = "the cats sit on mats", ["the cat sits on a mat"]
row("eval", "chrf", "chrF++,character F-score", CHRF().sentence_score(candidate, reference).score,
    CHRF(word_order=2).sentence_score(candidate, reference).score)
edits = TER().sentence_score("on the mat the cat sits", ["the cat sat on the mat"])
row("eval", "ter", "translation edit rate", edits.num_edits, edits.score)
said, true = [["B-PER", "O", "O", "B-LOC"]], [["B-PER", "I-PER", "O", "B-LOC"]]
row("eval", "entity-f1", "seqeval,span F1,entity-level F1,conlleval", *(f(true, said) for f in (tagging.f1_score, tagging.precision_score, tagging.recall_score,
    tagging.accuracy_score)))
row("eval", "exact-match", "EM,SQuAD F1,token F1", 2 * (1 / 4) * (1 / 2) / (1 / 4 + 1 / 2), 0)  # in summer of 1969, july 1969
new, old, right = (text.split(";") for text in ("the cat sat;a dog ran;it is late", "cats sat;the dog ran;it is late", "the cat sat;a dog ran;it was late"))
_, results = PairedTest([("old", old), ("new", new)], {"chrf": CHRF()}, [right], "bs", n_samples=1000)()
row("eval", "paired-bootstrap", "paired bootstrap resampling,significance of BLEU,approximate randomisation",
    results["chrF2"][1].score, results["chrF2"][0].score, results["chrF2"][1].p_value)

# names that were added to entries of the table
ALIASES = {"ada": {"distillation": "knowledge distillation"},
           "cls": {"impurity": "gini"}, "bert": {"mlm": "masked language model,masked language modeling", "fine-tuning": "transfer learning"},
           "init": {"kaiming": "he,he initialization,kaiming init",
                    "fan-in-init": "xavier,glorot,initialization,weight initialization"}, "loss": {"logit": "logits"},
           "lm": {"language-modelling": "language modeling"}, "test": {"hypothesis-test": "type I error"}}

for family in sorted(set(ROWS) | set(ALIASES)):
    path = GOLDEN / "concepts" / f"{family}.tsv"
    lines = path.read_text().splitlines() if path.exists() else ["# id\tother names\tanswers of the example"]
    rows = {line.split("\t")[0]: line for line in lines}
    for id_, names in ALIASES.get(family, {}).items():
        id_, old, answers = rows[id_].split("\t")
        kept = [n for n in old.split(",") if n]
        rows[id_] = "\t".join([id_, ",".join(kept + [n for n in names.split(",") if n not in kept]), answers])
    rows.update(ROWS.get(family, {}))
    path.write_text("\n".join(rows.values()) + "\n")
    print(path.name, len(rows) - 1, "rows")
