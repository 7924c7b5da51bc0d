namespace Twinspect
{
    /// <summary>What is to be done with a part.</summary>
    public enum Verdict
    {
        /// <summary>Nothing was inspected yet.</summary>
        None = 0,

        /// <summary>The score is below the threshold.</summary>
        Good = 1,

        /// <summary>The score reaches the threshold.</summary>
        Defect = 2,

        /// <summary>Nobody can say: the picture matches no lead image, there is no threshold, or something is wrong
        /// with the picture: <see cref="Summary.Health"/>.</summary>
        Undecided = 3,
    }
}
