"""The functions behind the layers, under the names of ``torch.nn.functional``."""

# ruff: noqa: I001  (grouped by file, many to a line)

from autograd_engine import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    affine_grid,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    fold,
    grid_sample,
    interpolate,
    linear,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
    one_hot,
    pad,
    pdist,
    pixel_shuffle,
    pixel_unshuffle,
    sigmoid,
    tanh,
    unfold,
)

from .activation import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    gumbel_softmax,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu_,
    relu6,
    rrelu,
    rrelu_,
    selu,
    selu_,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
    threshold_,
)
from .attention import scaled_dot_product_attention
from .distance import cosine_similarity, normalize, pairwise_distance
from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from .embedding import embedding, embedding_bag
from .fractional_pooling import fractional_max_pool2d, fractional_max_pool3d
from .layer_norm import group_norm, layer_norm, local_response_norm, rms_norm
from .linear import bilinear
from .loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    class_weights,
    cosine_embedding_loss,
    cross_entropy,
    ctc_loss,
    focal_loss,
    gaussian_mixture_nll_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    linear_cross_entropy,
    margin_ranking_loss,
    mse_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .normalization import batch_norm, instance_norm
from .power_pooling import lp_pool1d, lp_pool2d, lp_pool3d
from .resampling import channel_shuffle, upsample, upsample_bilinear, upsample_nearest

__all__ = [name for name in globals() if not name.startswith("_")]


def __dir__() -> list[str]:
    return __all__
