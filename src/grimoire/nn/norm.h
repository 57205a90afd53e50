#pragma once

#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/norm.h"

namespace grim {

enum class NormBias { yes, no };

// Over the last axis (Ba et al. 2016).
struct LayerNorm : Module {
  LayerNorm(const std::string& name, Module& parent, int64_t width, double epsilon = 1e-5,
            NormBias with_bias = NormBias::yes, Dtype dtype = Dtype::f32)
      : Module(name, parent),
        eps(epsilon),
        weight(parameter("weight", Tensor::ones({width}, dtype))),
        bias(with_bias == NormBias::yes ? parameter("bias", Tensor::zeros({width}, dtype)) : Tensor()) {}
  Tensor operator()(const Tensor& x) const { return tapped(*this, layer_norm(x, weight, bias, eps)); }
  double eps;
  Tensor weight, bias;
};

// Over the last axis, without centring (Zhang and Sennrich 2019).
struct RmsNorm : Module {
  RmsNorm(const std::string& name, Module& parent, int64_t width, double epsilon = 1e-6, Dtype dtype = Dtype::f32)
      : Module(name, parent), eps(epsilon), weight(parameter("weight", Tensor::ones({width}, dtype))) {}
  Tensor operator()(const Tensor& x) const { return tapped(*this, rms_norm(x, weight, eps)); }
  double eps;
  Tensor weight;
};

// Over the batch and, for (N, L, C), all places (Ioffe and Szegedy 2015); evaluation uses running averages.
struct BatchNorm : Module {
  BatchNorm(const std::string& name, Module& parent, int64_t channels, const BatchNormOptions& norm_options = {},
            Dtype dtype = Dtype::f32)
      : Module(name, parent), options(norm_options), weight(parameter("weight", Tensor::ones({channels}, dtype))),
        bias(parameter("bias", Tensor::zeros({channels}, dtype))),
        running_mean(buffer("running_mean", Tensor::zeros({channels}, dtype))),
        running_var(buffer("running_var", Tensor::ones({channels}, dtype))) {}
  Tensor operator()(const Tensor& x, const Pass& pass) const {
    return tapped(*this, pass.training ? batch_norm(x, weight, bias, running_mean, running_var, options)
                                       : batch_norm_eval(x, weight, bias, running_mean, running_var, options));
  }
  BatchNormOptions options;
  Tensor weight, bias, running_mean, running_var;
};

// Over groups of channels of each item of (N, C, ...) (Wu and He 2018).
struct GroupNorm : Module {
  GroupNorm(const std::string& name, Module& parent, int64_t group_count, int64_t channels, double epsilon = 1e-5,
            Dtype dtype = Dtype::f32)
      : Module(name, parent),
        groups(group_count),
        eps(epsilon),
        weight(parameter("weight", Tensor::ones({channels}, dtype))),
        bias(parameter("bias", Tensor::zeros({channels}, dtype))) {}
  Tensor operator()(const Tensor& x) const { return tapped(*this, group_norm(x, groups, weight, bias, eps)); }
  int64_t groups;
  double eps;
  Tensor weight, bias;
};

// Over each channel of each item of (N, C, ...) (Ulyanov et al. 2016).
struct InstanceNorm : Module {
  InstanceNorm(const std::string& name, Module& parent, int64_t channels, double epsilon = 1e-5,
               Dtype dtype = Dtype::f32)
      : Module(name, parent),
        eps(epsilon),
        weight(parameter("weight", Tensor::ones({channels}, dtype))),
        bias(parameter("bias", Tensor::zeros({channels}, dtype))) {}
  Tensor operator()(const Tensor& x) const { return tapped(*this, instance_norm(x, weight, bias, eps)); }
  double eps;
  Tensor weight, bias;
};

}  // namespace grim
