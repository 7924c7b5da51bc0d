#if TWINSPECT_MODERN
using System;

namespace Twinspect
{
    /// <summary>Reads an anomaly map where the library has it; see <see cref="Result.ReadMap{T}"/>.</summary>
    /// <param name="map">Row by row without gaps, width * height values. Lives until this function returns.</param>
    /// <param name="width">Values in a row, the picture's width.</param>
    /// <param name="height">Rows, the picture's height.</param>
    public delegate T MapReader<T>(ReadOnlySpan<float> map, int width, int height);
}
#endif
