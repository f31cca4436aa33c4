using PureClip.Convert.Tensors;

namespace PureClip.Convert.Onnx;

/// <summary>A value of the graph that is known without running it.</summary>
/// <param name="Origin">The initialiser or Constant output that holds the numbers.</param>
/// <param name="Name">The parameter's name where one was met on the way from the consumer to the origin, else null.</param>
/// <param name="Tensor">The numbers as the consumer sees them: dequantised, transposed.</param>
internal sealed record OnnxConstant(string Origin, string? Name, SourceTensor Tensor);
